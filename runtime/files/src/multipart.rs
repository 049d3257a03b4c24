//! A file within a form, as browsers send it and some stations do (RFC 7578): its bytes, piece by piece, without what is around
//! it.

use crate::Refused;

/// Bytes of a part's headers.
const HEADERS_MAX: usize = 8 << 10;
/// RFC 2046, 5.1.1.
const BOUNDARY_MAX: usize = 70;

const CUT: Refused = Refused::Malformed("the form is not as RFC 7578 has it");

pub(crate) struct Multipart {
    /// What ends a part.
    delimiter: Vec<u8>,
    at: At,
    /// What is not read yet.
    rest: Vec<u8>,
    /// The file's name, once it was found.
    pub(crate) name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first part, or in one that is not meant.
    Passing,
    File,
    /// Right behind a delimiter.
    Edge,
    Headers,
    End,
}

impl Multipart {
    /// `None`: the body is no form.
    pub(crate) fn of(content_type: &str) -> Option<Result<Self, Refused>> {
        let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = parameter(parameters, "boundary").filter(|text| (1..=BOUNDARY_MAX).contains(&text.len()));
        Some(boundary.ok_or(CUT).map(|boundary| Self {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            at: At::Passing,
            // The first delimiter has no line before it.
            rest: b"\r\n".to_vec(),
            name: None,
        }))
    }

    /// What of the file is in these bytes. The first part with a name of a file is the file.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
        self.rest.extend_from_slice(bytes);
        let mut file = Vec::new();
        while self.step(&mut file)? {}
        Ok(file)
    }

    /// # Errors
    /// It had no file, or not all of it.
    pub(crate) fn finish(&self) -> Result<(), Refused> {
        match (self.at, &self.name) {
            (At::End, Some(_)) => Ok(()),
            (At::End, None) => Err(Refused::Malformed("the form has no file in it")),
            _ => Err(CUT),
        }
    }

    /// False: more must come first.
    fn step(&mut self, file: &mut Vec<u8>) -> Result<bool, Refused> {
        match self.at {
            At::Passing | At::File => {
                let found = find(&self.rest, &self.delimiter);
                // The beginning of a delimiter may be at the end.
                let until = found.unwrap_or_else(|| self.rest.len().saturating_sub(self.delimiter.len() - 1));
                let passed: Vec<u8> = self.rest.drain(..until).collect();
                if self.at == At::File {
                    file.extend(passed);
                }
                if found.is_none() {
                    return Ok(false);
                }
                self.rest.drain(..self.delimiter.len());
                self.at = At::Edge;
            }
            At::Edge => {
                if self.rest.starts_with(b"--") {
                    self.at = At::End;
                    return Ok(true);
                }
                let Some(end) = find(&self.rest, b"\r\n") else { return self.wait() };
                // The line's end stays: a part may have no headers.
                self.rest.drain(..end);
                self.at = At::Headers;
            }
            At::Headers => {
                let Some(end) = find(&self.rest, b"\r\n\r\n") else { return self.wait() };
                let headers: Vec<u8> = self.rest.drain(..end + 4).collect();
                let name = file_name(&String::from_utf8_lossy(&headers)).filter(|_| self.name.is_none());
                self.at = if name.is_some() { At::File } else { At::Passing };
                self.name = self.name.take().or(name);
            }
            At::End => {
                self.rest.clear();
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn wait(&self) -> Result<bool, Refused> {
        if self.rest.len() > HEADERS_MAX { Err(CUT) } else { Ok(false) }
    }
}

/// Of the header that says what the part is.
fn file_name(headers: &str) -> Option<String> {
    let (_, value) = headers
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))?;
    let (_, parameters) = value.split_once(';')?;
    parameter(parameters, "filename")
}

/// `a=b; c="d"`
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((key, value)) = rest.split_once('=') {
        let key = key.trim_start_matches([';', ' ', '\t']).trim();
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_once(';').unwrap_or((value, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = after;
    }
    None
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first).map(|at| at + from) {
        if bytes[at..].starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(content_type: &str) -> Multipart {
        Multipart::of(content_type).unwrap().unwrap_or_else(|_| panic!("{content_type}"))
    }

    /// In pieces of any size it is the same.
    fn read(body: &str) -> Result<(String, String), String> {
        let mut read = Vec::new();
        for size in [1, 2, 7, body.len().max(1)] {
            let mut form = form("multipart/form-data; boundary=XX");
            let mut file = Vec::new();
            let parsed = body
                .as_bytes()
                .chunks(size)
                .try_for_each(|piece| form.push(piece).map(|more| file.extend(more)))
                .and_then(|()| form.finish());
            let named = form.name.unwrap_or_default();
            read.push(parsed.map(|()| (named, String::from_utf8(file).unwrap())).map_err(|why| why.to_string()));
        }
        assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "{read:?}");
        read.remove(0)
    }

    #[test]
    fn the_file_is_found_among_the_fields() {
        let part = |headers: &str, content: &str| format!("--XX\r\n{headers}\r\n\r\n{content}\r\n");
        let file = part("Content-Disposition: form-data; name=\"f\"; filename=\"a.zip\"", "1\r\n--X\r\n2\r\n");
        let field = part("content-disposition: form-data; name=\"k\"", "");
        let good = Ok(("a.zip".to_owned(), "1\r\n--X\r\n2\r\n".to_owned()));
        assert_eq!(read(&format!("{file}--XX--")), good);
        assert_eq!(read(&format!("before\r\n{field}{file}{field}{file}--XX--\r\nbehind")), good, "the first one is it");
        let empty = part("Content-Disposition: form-data; filename=x", "");
        assert_eq!(read(&format!("{empty}--XX--")), Ok(("x".to_owned(), String::new())));
        assert!(read(&format!("{field}--XX--")).unwrap_err().contains("no file"));
        for cut in
            ["", "--XX", "--XX\r\nContent-Disposition: form-data; filename=x\r\n\r\nabc", "--XX\r\n\r\nabc\r\n--X"]
        {
            assert!(read(cut).unwrap_err().contains("RFC 7578"), "{cut}");
        }
        let endless = format!("--XX\r\n{}", "x".repeat(HEADERS_MAX + 1));
        assert!(read(&endless).is_err());
    }

    #[test]
    fn a_boundary_is_read_as_it_may_be_written() {
        for (text, expect) in [
            ("multipart/form-data; boundary=a", "\r\n--a"),
            ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b;c\"", "\r\n--a b;c"),
        ] {
            assert_eq!(form(text).delimiter, expect.as_bytes());
        }
        assert!(Multipart::of("application/zip").is_none());
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        assert!(["multipart/form-data", &long].iter().all(|text| Multipart::of(text).unwrap().is_err()));
    }
}
