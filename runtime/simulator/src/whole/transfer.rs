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

pub(super) async fn get(url: &str) -> Result<(), Failure> {
    transfer("GET", url, b"").await
}

pub(super) async fn put(url: &str, body: &[u8]) -> Result<(), Failure> {
    transfer("PUT", url, body).await
}

async fn transfer(method: &str, url: &str, body: &[u8]) -> Result<(), Failure> {
    if !url.starts_with("http://") {
        return Ok(());
    }
    let target = Target::read(url).ok_or(Failure::Unreachable)?;
    let exchange = tokio::time::timeout(PATIENCE, exchange(method, &target, body));
    match exchange.await {
        Ok(Ok(status)) if (200..300).contains(&status) => Ok(()),
        Ok(Ok(status)) => Err(Failure::Refused(status)),
        Ok(Err(_)) | Err(_) => Err(Failure::Unreachable),
    }
}

/// The status of the server's answer, once it has been read to its end.
async fn exchange(method: &str, target: &Target, body: &[u8]) -> io::Result<u16> {
    let mut stream = TcpStream::connect(&target.address).await?;
    let Target { host, path, .. } = target;
    let credentials = target.credentials.as_ref().map(|credentials| STANDARD.encode(credentials));
    let login = credentials.map(|basic| format!("Authorization: Basic {basic}\r\n")).unwrap_or_default();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{login}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer).await?;
    status(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// `None` when the answer is no HTTP, or shorter than it says.
fn status(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let promised = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if promised.is_some_and(|promised| answer.len() - end - 4 < promised) {
        return None;
    }
    head.split(' ').nth(1)?.parse().ok()
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
        let rows: [(&[u8], Option<u16>); 4] = [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", Some(200)),
            (b"HTTP/1.1 404 Not Found\r\n\r\n", Some(404)),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", None),
            (b"220 ftp here\r\n", None),
        ];
        for (answer, expected) in rows {
            assert_eq!(status(answer), expected);
        }
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
        assert_eq!(get(&format!("http://127.0.0.1:{port}/f")).await, Err(Failure::Refused(403)));
        let heads = server.await.unwrap();
        assert!(
            heads[0].starts_with("PUT /logs/a HTTP/1.1\r\n") && heads[0].contains("Basic dTpw\r\n"),
            "{}",
            heads[0]
        );
        assert!(heads[0].ends_with("\r\n\r\nabc") && heads[1].starts_with("GET /f "));
        assert_eq!(get(&format!("http://127.0.0.1:{port}/f")).await, Err(Failure::Unreachable));
        assert_eq!(get("sftp://nowhere/f").await, Ok(()));
    }
}
