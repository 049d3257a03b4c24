//! What stands behind the name of a serial line. Anything else than a line is not even opened: a watchdog starts by that.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

/// Linux's list of what is a terminal, as numbers of devices.
const DRIVERS: &str = "/proc/tty/drivers";

/// The file itself, where a link leads to it. The error is for people.
pub(super) fn behind(path: &Path) -> Result<String, String> {
    let plugged = |error| format!("{error}; look whether the adapter is plugged in");
    let device = path.canonicalize().map_err(plugged)?;
    let is_another = |why: &str| format!("it is no serial line: {why}; write a device such as /dev/ttyUSB0");
    if !device.starts_with("/dev/") {
        return Err(is_another("it does not lie below /dev/"));
    }
    let about = fs::metadata(&device).map_err(plugged)?;
    // Without the list it is known when the line is asked for its settings, before anything is said.
    let is_terminal = || fs::read_to_string(DRIVERS).map_or(true, |drivers| is_listed(&drivers, about.rdev()));
    if !about.file_type().is_char_device() || !is_terminal() {
        return Err(is_another("what lies there is no terminal"));
    }
    device.into_os_string().into_string().map_err(|_| is_another("its name is no UTF-8"))
}

/// `serial  /dev/ttyS  4 64-111 serial`: a name, files, a major number, one or several minor ones.
fn is_listed(drivers: &str, device: u64) -> bool {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & 0xffff_ff00);
    drivers.lines().any(|line| {
        let mut words = line.split_ascii_whitespace().skip_while(|word| word.parse::<u64>().is_err());
        let (Some(theirs), Some(minors)) = (words.next(), words.next()) else { return false };
        let (first, last) = minors.split_once('-').unwrap_or((minors, minors));
        let range = first.parse::<u64>().ok().zip(last.parse().ok());
        theirs.parse() == Ok(major) && range.is_some_and(|(first, last)| (first..=last).contains(&minor))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tokio_serial::{SerialPort as _, SerialStream};

    use super::*;

    #[test]
    fn a_terminal_is_known_by_its_numbers() {
        let drivers = "/dev/tty             /dev/tty        5       0 system:/dev/tty\n\
            usbserial            /dev/ttyUSB   188 0-511 serial\n\
            pty_slave            /dev/pts      136 0-1048575 pty:slave\nodd\n";
        // The last is minor 300, whose high bits stand elsewhere.
        for device in [(5 << 8), (188 << 8) | 3, (136 << 8) | 7, (188 << 8) | 0x2c | (0x100 << 12)] {
            assert!(is_listed(drivers, device), "{device:#x}");
        }
        // /dev/null, /dev/watchdog, and one beside.
        for device in [(1 << 8) | 3, (10 << 8) | 130, (5 << 8) | 1] {
            assert!(!is_listed(drivers, device), "{device:#x}");
        }
    }

    #[tokio::test]
    async fn a_link_may_lead_to_a_terminal_and_to_nothing_else() {
        let folder = std::env::temp_dir().join(format!("amprule-line-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let (_ours, theirs) = SerialStream::pair().expect("a pseudo terminal");
        let terminal = theirs.name().expect("its name");
        let file = folder.join("file");
        fs::write(&file, "nothing").expect("a file");
        for (to, found) in [
            (terminal.as_str(), Ok(terminal.clone())),
            ("/dev/null", Err("what lies there is no terminal")),
            ("/dev/pts", Err("what lies there is no terminal")),
            ("/etc/passwd", Err("it does not lie below /dev/")),
            (file.to_str().expect("UTF-8"), Err("it does not lie below /dev/")),
            ("/dev/nothing-is-here", Err("look whether the adapter is plugged in")),
        ] {
            let link = folder.join(to.replace('/', "-"));
            symlink(to, &link).expect("a link");
            for path in [Path::new(to), &link] {
                match (behind(path), &found) {
                    (Ok(device), Ok(terminal)) => assert_eq!(&device, terminal),
                    (Err(said), Err(why)) => assert!(said.contains(why), "{to}: {said}"),
                    (said, _) => panic!("{to}: {said:?}"),
                }
            }
        }
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
