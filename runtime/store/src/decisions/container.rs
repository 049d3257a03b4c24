//! What a segment looks like from outside: a header that says what is in it, and lines of text, compressed.
//!
//! zstd, with the header in a skippable frame (RFC 8878, 3.1.2), so that `zstdcat` shows the lines and nothing else. Older
//! ones are gzip, with the header in gzip's own comment; they are read and not written.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use crate::error::{Failure, Outcome};

/// Half as many bytes as at level 1, and a tenth of the time that gzip takes.
const LEVEL: i32 = 3;
const SKIPPABLE: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
/// A header that claims to be longer is none.
const HEADER_MAX: u32 = 65_536;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    Gzip,
    Zstd,
}

impl Container {
    /// What it is by its name, and the name without that.
    pub(crate) fn named(name: &str) -> Option<(Self, &str)> {
        let of = |container: Self| Some((container, name.strip_suffix(container.suffix())?));
        of(Self::Zstd).or_else(|| of(Self::Gzip))
    }

    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Gzip => ".jsonl.gz",
            Self::Zstd => ".jsonl.zst",
        }
    }

    pub(crate) fn header(self, path: &Path) -> Outcome<Vec<u8>> {
        let mut file = BufReader::new(File::open(path)?);
        let header = match self {
            Self::Zstd => skippable(&mut file)?,
            Self::Gzip => GzDecoder::new(file).header().and_then(flate2::GzHeader::comment).map(<[u8]>::to_vec),
        };
        header.ok_or_else(|| Failure::Broken("it does not say what is in it".to_owned()))
    }

    pub(crate) fn lines(self, path: &Path) -> io::Result<io::Lines<Box<dyn BufRead + Send>>> {
        let file = BufReader::new(File::open(path)?);
        let unpacked: Box<dyn BufRead + Send> = match self {
            Self::Gzip => Box::new(BufReader::new(GzDecoder::new(file))),
            Self::Zstd => Box::new(BufReader::new(Decoder::with_buffer(file)?)),
        };
        Ok(unpacked.lines())
    }
}

/// What is written into it comes behind the header.
pub(crate) fn begin(file: File, header: &[u8]) -> io::Result<Encoder<'static, BufWriter<File>>> {
    let mut file = BufWriter::new(file);
    let length = u32::try_from(header.len()).map_err(|_| io::Error::other("the header of a segment is too long"))?;
    file.write_all(&SKIPPABLE)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(header)?;
    let mut lines = Encoder::new(file, LEVEL)?;
    lines.include_checksum(true)?;
    Ok(lines)
}

fn skippable(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let (mut magic, mut length) = ([0; 4], [0; 4]);
    file.read_exact(&mut magic)?;
    file.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if magic != SKIPPABLE || length > HEADER_MAX {
        return Ok(None);
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header)?;
    Ok(Some(header))
}
