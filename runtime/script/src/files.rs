//! The script files of a unit: the entry, and what it imports from its own folder. Never from the disk.

use amprule_domain::plain;
use amprule_hooks::{Diagnostic, Source};

use crate::explain::{at_token, nearest};
use crate::language::limits::Limits;
use crate::source::check::check_depth;
use crate::source::layout::{Import, Layout, layout};

#[derive(Debug)]
pub(crate) struct File<'a> {
    pub(crate) name: String,
    pub(crate) layout: Layout<'a>,
    /// As its importer calls it; the entry has none.
    pub(crate) alias: Option<String>,
}

/// Imported files stand before those that import them; the entry is last.
pub(crate) fn files(source: &Source) -> Result<Vec<File<'_>>, Vec<Diagnostic>> {
    let mut reader = Reader { source, open: Vec::new(), files: Vec::new(), bytes: 0, blocks: 0 };
    reader.read(&source.manifest.entry, None).map_err(|found| vec![*found])?;
    Ok(reader.files)
}

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    source: &'a Source,
    /// Files whose imports are being read.
    open: Vec<String>,
    files: Vec<File<'a>>,
    /// Of all files so far.
    bytes: usize,
    blocks: usize,
}

/// What makes a text look other than it is to whoever reads it before it is let in: half a line's end, by which a terminal writes
/// over the line (rust-lang/rust 151473), and characters that turn the direction of reading (CVE-2021-42574).
fn unseen(text: &str) -> Option<usize> {
    let is_half = |at: usize| !text[at + 1..].starts_with('\n');
    let mut marks = text.char_indices().filter(|(_, c)| plain::is_unseen(*c) && !matches!(c, '\n' | '\t'));
    marks.find(|(at, c)| *c != '\r' || is_half(*at)).map(|(at, _)| at)
}

fn misleading(file: &str, text: &str, at: usize) -> Box<Diagnostic> {
    let before = &text[..at];
    let column = before[before.rfind('\n').map_or(0, |end| end + 1)..].chars().count() + 1;
    let what = text[at..].chars().next().map_or(0, u32::from);
    let why = format!("a character that is not seen stands here, U+{what:04X}: the line may look other than it is");
    let found = Diagnostic::new("syntax", why).in_file(file).at(text, before.matches('\n').count() + 1, column);
    Box::new(found.hint("remove it; in a text write it as \\u{…}, and end lines as Unix or Windows does"))
}

/// Text of another encoding, from the byte on that shows it.
fn foreign(file: &str, bytes: &[u8], at: usize) -> Box<Diagnostic> {
    let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let what = if is_wide { "the file is UTF-16 text" } else { "this is no UTF-8 text, but of an older encoding" };
    let found = Diagnostic::new("syntax", what).in_file(file).hint("save the file as UTF-8");
    let text = String::from_utf8_lossy(bytes);
    let before = String::from_utf8_lossy(&bytes[..at]);
    let column = before[before.rfind('\n').map_or(0, |end| end + 1)..].chars().count() + 1;
    // Of wide text a line would show nothing but marks.
    let text = if is_wide { "" } else { &text };
    Box::new(found.at(text, before.matches('\n').count() + 1, column))
}

impl<'a> Reader<'a> {
    fn read(&mut self, name: &str, alias: Option<&str>) -> Read<()> {
        let layout = layout(self.text(name)?);
        if let Some(deep) = check_depth(name, &layout) {
            return Err(Box::new(deep));
        }
        self.within_bounds(name, &layout)?;
        self.open.push(name.to_owned());
        for import in &layout.imports {
            self.import(name, &layout, import)?;
        }
        self.open.pop();
        self.files.push(File { name: name.to_owned(), layout, alias: alias.map(str::to_owned) });
        Ok(())
    }

    fn within_bounds(&mut self, name: &str, layout: &Layout<'_>) -> Read<()> {
        self.bytes += layout.text.len();
        self.blocks += layout.tokens.iter().filter(|token| token.is("{") || token.is("#{")).count();
        // What follows cannot be told apart.
        self.blocks += layout.broken_at.map_or(0, |at| layout.text[at..].matches('{').count());
        let (bytes, blocks) = (Limits::UNIT_BYTES, Limits::BLOCKS);
        let why = match self {
            Self { bytes: found, .. } if *found > bytes => format!("the unit's scripts have more than {bytes} bytes"),
            Self { blocks: found, .. } if *found > blocks => {
                format!("the unit's scripts open more than {blocks} braces")
            }
            _ => return Ok(()),
        };
        let hint = "what is long is a table: see [tables.NAME] of plugin.toml";
        Err(Box::new(Diagnostic::new("limit", why).in_file(name).hint(hint)))
    }

    fn import(&mut self, from: &str, layout: &Layout<'_>, import: &Import<'_>) -> Read<()> {
        let refuse = |message: String| Box::new(at_token("import", message, from, layout.text, &import.path));
        let name = self.find(import.path.unquoted()).ok_or_else(|| {
            let near =
                nearest(import.path.unquoted(), self.source.files.keys().map(|name| name.trim_end_matches(".rhai")));
            let hint = near.map_or_else(
                || "a script imports only files of its own folder".to_owned(),
                |near| format!("did you mean {near:?}?"),
            );
            Box::new(refuse(format!("there is no file {} here", import.path.text)).hint(hint))
        })?;
        if self.open.contains(&name) {
            return Err(refuse(format!("{name} and {from} import each other")));
        }
        match self.files.iter().find(|file| file.name == name || file.alias.as_deref() == Some(import.alias)) {
            Some(file) if file.name == name && file.alias.as_deref() == Some(import.alias) => Ok(()),
            Some(file) => {
                let alias = file.alias.as_deref().unwrap_or_default();
                Err(refuse(format!("{} is already imported as {alias}; use one name for one file", file.name)))
            }
            None if self.files.len() + self.open.len() >= Limits::FILES => {
                Err(refuse(format!("more than {} files", Limits::FILES)))
            }
            None => self.read(&name, Some(import.alias)),
        }
    }

    fn find(&self, path: &str) -> Option<String> {
        [path.to_owned(), format!("{path}.rhai")].into_iter().find(|name| self.source.files.contains_key(name))
    }

    fn text(&self, name: &str) -> Read<&'a str> {
        let refuse = |message: String| Box::new(Diagnostic::new("limit", message).in_file(name));
        let bytes = self.source.files.get(name).ok_or_else(|| refuse(format!("there is no file {name}")))?;
        if bytes.len() > Limits::FILE_BYTES {
            return Err(refuse(format!("{} bytes; a script has at most {}", bytes.len(), Limits::FILE_BYTES)));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| foreign(name, bytes, error.valid_up_to()))?;
        // Some editors begin a text with a mark that nobody sees.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match unseen(text) {
            None => Ok(text),
            Some(at) => Err(misleading(name, text, at)),
        }
    }
}
