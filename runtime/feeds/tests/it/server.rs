//! A server that answers what it is told, one question after the other, and the last answer for ever.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{DEFAULT_VERSIONS, ServerConfig, ServerConnection, StreamOwned};

#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// The connection ends.
    Nothing,
    This {
        status: u16,
        body: String,
        tag: Option<&'static str>,
        /// It says that there is more than it sends.
        more: usize,
    },
}

impl Answer {
    pub(crate) fn ok(body: &str) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::This { status, body: body.to_owned(), tag: None, more: 0 }
    }

    pub(crate) fn tagged(mut self, new: &'static str) -> Self {
        if let Self::This { tag, .. } = &mut self {
            *tag = Some(new);
        }
        self
    }

    pub(crate) fn cut(mut self) -> Self {
        if let Self::This { more, .. } = &mut self {
            *more = 100;
        }
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let Self::This { status, body, tag, more } = self else { return Vec::new() };
        let tag = tag.map(|tag| format!("etag: {tag}\r\n")).unwrap_or_default();
        let length = body.len() + more;
        format!("HTTP/1.1 {status} OK\r\ncontent-length: {length}\r\nconnection: close\r\n{tag}\r\n{body}").into_bytes()
    }
}

/// A question's headers, and its `path`.
type Question = BTreeMap<String, String>;

pub(crate) struct Server {
    scheme: &'static str,
    address: SocketAddr,
    questions: Arc<Mutex<Vec<Question>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        Self::with(answers, None)
    }

    /// And its certificate.
    pub(crate) fn start_tls(answers: Vec<Answer>) -> (Self, Vec<u8>) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = made.cert.der().to_vec();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(DEFAULT_VERSIONS)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        (Self::with(answers, Some(Arc::new(config))), certificate)
    }

    fn with(answers: Vec<Answer>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, scheme) = (listener.local_addr().unwrap(), if tls.is_some() { "https" } else { "http" });
        let (questions, ended) = (Arc::<Mutex<Vec<Question>>>::default(), Arc::<AtomicBool>::default());
        let (asked, over) = (Arc::clone(&questions), Arc::clone(&ended));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(SeqCst) {
                    return;
                }
                let answer = answers[asked.lock().len().min(answers.len() - 1)].bytes();
                stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                match &tls {
                    None => talk(stream, &asked, &answer),
                    Some(config) => {
                        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                        talk(StreamOwned::new(connection, stream), &asked, &answer);
                    }
                }
            }
        });
        Self { scheme, address, questions, ended }
    }

    pub(crate) fn address(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address.port())
    }

    pub(crate) fn questions(&self) -> Vec<Question> {
        self.questions.lock().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn talk(stream: impl Read + Write, asked: &Mutex<Vec<Question>>, answer: &[u8]) {
    let mut reader = BufReader::new(stream);
    let mut question = Question::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        match line.trim_end().split_once(": ") {
            Some((name, value)) => question.insert(name.to_lowercase(), value.to_owned()),
            None => question.insert("path".to_owned(), line.split(' ').nth(1).unwrap_or_default().to_owned()),
        };
        line.clear();
    }
    if question.is_empty() {
        return;
    }
    asked.lock().push(question);
    let stream = reader.get_mut();
    let _ = stream.write_all(answer);
    let _ = stream.flush();
}
