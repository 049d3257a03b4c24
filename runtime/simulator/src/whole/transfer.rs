//! Fetches and uploads over plain HTTP/1.1, as far as firmware and logs need it. Other schemes are taken as done.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(10);
/// More of an answer is not read.
const MOST: u64 = 16 << 20;

/// Why a transfer failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Unreachable,
    /// The server's status.
    Refused(u16),
}

/// Where an `http://` address leads.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    address: String,
    host: String,
    path: String,
    /// `user:password`
    credentials: Option<String>,
}

/// What has come of a file so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Download {
    pub bytes: Vec<u8>,
    /// It broke off and went on where it was.
    pub resumed: bool,
    /// By which the server knows the file again.
    tag: Option<String>,
}

/// Fetches a file, or what of it is not there yet. `breaks`: the connection goes half way.
pub(super) async fn get(url: &str, so_far: &mut Download, breaks: bool) -> Result<(), Failure> {
    if !url.starts_with("http://") {
        return Ok(());
    }
    let known = so_far.tag.as_ref().filter(|_| !so_far.bytes.is_empty());
    let goes_on = known.map(|tag| format!("Range: bytes={}-\r\nIf-Range: {tag}\r\n", so_far.bytes.len()));
    let answer = transfer("GET", url, &goes_on.unwrap_or_default(), b"").await?;
    if answer.status != 206 {
        so_far.bytes.clear();
    }
    so_far.resumed |= answer.status == 206;
    so_far.tag = answer.header("etag");
    let kept = if breaks { answer.body.len() / 2 } else { answer.body.len() };
    so_far.bytes.extend(&answer.body[..kept]);
    if breaks || !answer.is_whole() { Err(Failure::Unreachable) } else { Ok(()) }
}

pub(super) async fn put(url: &str, body: &[u8]) -> Result<(), Failure> {
    if !url.starts_with("http://") {
        return Ok(());
    }
    transfer("PUT", url, "", body).await.and_then(|answer| answer.is_whole().then_some(()).ok_or(Failure::Unreachable))
}

async fn transfer(method: &str, url: &str, headers: &str, body: &[u8]) -> Result<Answer, Failure> {
    let target = Target::read(url).ok_or(Failure::Unreachable)?;
    let exchange = tokio::time::timeout(PATIENCE, exchange(method, &target, headers, body));
    match exchange.await {
        Ok(Ok(answer)) if (200..300).contains(&answer.status) => Ok(answer),
        Ok(Ok(answer)) => Err(Failure::Refused(answer.status)),
        Ok(Err(_)) | Err(_) => Err(Failure::Unreachable),
    }
}

/// The server's answer, once it has been read to its end.
async fn exchange(method: &str, target: &Target, headers: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(&target.address).await?;
    let Target { host, path, .. } = target;
    let credentials = target.credentials.as_ref().map(|credentials| STANDARD.encode(credentials));
    let login = credentials.map(|basic| format!("Authorization: Basic {basic}\r\n")).unwrap_or_default();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{login}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer).await?;
    Answer::read(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// `None`: it is no HTTP.
    fn read(answer: &[u8]) -> Option<Self> {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.strip_prefix("HTTP/")?.split(' ').nth(1)?.trim().parse().ok()?;
        Some(Self { status, head, body: answer[end + 4..].to_vec() })
    }

    fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// It is as long as it says.
    fn is_whole(&self) -> bool {
        let promised = self.header("content-length").and_then(|length| length.parse::<usize>().ok());
        promised.is_none_or(|promised| self.body.len() >= promised)
    }
}

impl Target {
    fn read(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (credentials, host) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if host.is_empty() {
            return None;
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let address = if has_port { host.to_owned() } else { format!("{host}:80") };
        let path = if path.is_empty() { "/" } else { path };
        Some(Self {
            address,
            host: host.to_owned(),
            path: path.to_owned(),
            credentials: credentials.map(str::to_owned),
        })
    }
}

/// Where a file is put: below a folder under its own name.
pub(super) fn place(location: &str, name: &str) -> String {
    if location.ends_with('/') { format!("{location}{name}") } else { location.to_owned() }
}

/// Whether it can be an address at all.
pub(super) fn is_address(location: &str) -> bool {
    location.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let read = |url| Target::read(url).map(|target| (target.address, target.path, target.credentials));
        let expect = |address: &str, path: &str, user: Option<&str>| {
            Some((address.to_owned(), path.to_owned(), user.map(str::to_owned)))
        };
        assert_eq!(read("http://h/a?b=c"), expect("h:80", "/a?b=c", None));
        assert_eq!(read("http://u:p@h:8080"), expect("h:8080", "/", Some("u:p")));
        assert_eq!(read("http://[::1]:99/x"), expect("[::1]:99", "/x", None));
        assert_eq!(read("http:///x"), None);
        assert_eq!(read("ftp://h/x"), None);
    }

    #[test]
    fn an_answer_counts_when_it_is_whole() {
        for (answer, status, is_whole) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, true),
            ("HTTP/1.1 404 Not Found\r\n\r\n", 404, true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", 200, false),
        ] {
            let answer = Answer::read(answer.as_bytes()).expect("HTTP");
            assert_eq!((answer.status, answer.is_whole()), (status, is_whole));
        }
        assert_eq!(Answer::read(b"220 ftp here\r\n"), None);
    }

    async fn fetch(url: &str) -> Result<(), Failure> {
        get(url, &mut Download::default(), false).await
    }

    #[tokio::test]
    async fn what_is_put_arrives_and_a_refusal_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let mut heads = Vec::new();
            for answer in ["HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 403 No\r\n\r\n"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut read = [0; 1024];
                let length = stream.read(&mut read).await.unwrap();
                heads.push(String::from_utf8_lossy(&read[..length]).into_owned());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            heads
        });
        assert_eq!(put(&format!("http://u:p@127.0.0.1:{port}/logs/a"), b"abc").await, Ok(()));
        assert_eq!(fetch(&format!("http://127.0.0.1:{port}/f")).await, Err(Failure::Refused(403)));
        let heads = server.await.unwrap();
        assert!(
            heads[0].starts_with("PUT /logs/a HTTP/1.1\r\n") && heads[0].contains("Basic dTpw\r\n"),
            "{}",
            heads[0]
        );
        assert!(heads[0].ends_with("\r\n\r\nabc") && heads[1].starts_with("GET /f "));
        assert_eq!(fetch(&format!("http://127.0.0.1:{port}/f")).await, Err(Failure::Unreachable));
        assert_eq!(fetch("sftp://nowhere/f").await, Ok(()));
    }
}
