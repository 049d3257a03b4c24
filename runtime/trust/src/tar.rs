//! The archive inside of a package: a plain tar, uncompressed, with one way to write it.
//!
//! Names and contents are all that a header may say: no times, no owners, no modes, no links, no folders, no
//! extensions. The reader writes each header itself and compares, so nothing else can be said in one.

use amprule_hooks::Diagnostic;

const BLOCK: usize = 512;
const NAME: usize = 100;
const SIZE: std::ops::Range<usize> = 124..135;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;

/// Names have at most 100 bytes; [`crate::names`] sees to that.
pub(crate) fn write<'e>(entries: impl Iterator<Item = (&'e str, &'e [u8])>) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, bytes) in entries {
        archive.extend(header(name, bytes.len()));
        archive.extend(bytes);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

/// The entries in their order. Nothing is copied, and nothing can become larger than the archive.
pub(crate) fn read(archive: &[u8], most: usize) -> Result<Vec<(&str, &[u8])>, Diagnostic> {
    let mut entries = Vec::new();
    let mut rest = archive;
    loop {
        let Some((block, after)) = rest.split_first_chunk::<BLOCK>() else { return Err(cut()) };
        if block == &[0; BLOCK] {
            let is_end = after == [0; BLOCK];
            return if is_end { Ok(entries) } else { Err(refuse("something follows its end, or its end is missing")) };
        }
        if entries.len() == most {
            return Err(refuse(&format!("it has more than {most} files")));
        }
        let (name, size) = entry(block)?;
        let padded = size.checked_next_multiple_of(BLOCK).ok_or_else(cut)?;
        let (bytes, after) = after.split_at_checked(padded).ok_or_else(cut)?;
        entries.push((name, &bytes[..size]));
        rest = after;
    }
}

fn entry(block: &[u8; BLOCK]) -> Result<(&str, usize), Diagnostic> {
    let name = block[..NAME].split(|byte| *byte == 0).next().unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| refuse("a file's name is no UTF-8 text"))?;
    match block[KIND] {
        b'0' => {}
        b'1' | b'2' => return Err(refuse("it is a link; only plain files may be in a package").in_file(name)),
        b'5' => return Err(refuse("it is a folder; only plain files may be in a package").in_file(name)),
        _ => return Err(refuse("it is no plain file").in_file(name)),
    }
    let size = std::str::from_utf8(&block[SIZE]).ok().and_then(|size| usize::from_str_radix(size, 8).ok());
    let size = size.ok_or_else(|| refuse("its header has no size").in_file(name))?;
    if header(name, size) != *block {
        return Err(refuse("its header is not as `amprule pack` writes it").in_file(name));
    }
    Ok((name, size))
}

fn header(name: &str, size: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, &name.as_bytes()[..name.len().min(NAME)]);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(SIZE.start, format!("{:011o}", size.min(0o77_777_777_777)).as_bytes());
    put(136, b"00000000000\0");
    put(CHECKSUM.start, b"        ");
    put(KIND, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn cut() -> Diagnostic {
    refuse("the file ends too early").hint("get the package again; it was cut off on its way")
}

fn refuse(why: &str) -> Diagnostic {
    Diagnostic::new("package", why)
}
