//! One question over HTTP/1.1, on a connection of its own.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use amprule_outbound::{Complaint, DialFault, Place, Tls, Way, dial, host, resolve};
use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::Scheme;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// For one of a name's addresses, while there are others.
const PATIENCE: Duration = Duration::from_millis(1_200);
const MAX_HEAD_BYTES: usize = 16 << 10;

pub(crate) struct Question {
    /// Empty: it is a GET.
    pub(crate) body: Vec<u8>,
    pub(crate) is_of: &'static str,
    pub(crate) wants: &'static str,
    pub(crate) most: usize,
}

/// The body of the answer. The caller bounds the time; the error is for the operator.
pub(crate) async fn ask(
    url: &str,
    question: Question,
    tls: &Tls,
    private: &BTreeSet<String>,
) -> Result<Vec<u8>, String> {
    let (place, uri) = place(url)?;
    let request = request(&uri, &question)?;
    let mut found = resolve(&place).await?;
    if !private.contains(&place.host) {
        found.retain(|address| is_public(address.ip()));
    }
    if found.is_empty() {
        return Err(format!("{} is in a private network: name it below [contracts] private_responders", place.host));
    }
    let tcp = dial(&place, found, PATIENCE).await.map_err(undialled)?;
    match place.is_tls() {
        false => exchange(tcp, request, question.most).await,
        true => {
            let stream = tls.connect(&place.host, tcp).await.map_err(|fault| fault.to_string())?;
            exchange(stream, request, question.most).await
        }
    }
}

fn place(url: &str) -> Result<(Place, Uri), String> {
    let no_address = || format!("{url:?} is no HTTP address");
    let uri: Uri = url.trim().parse().map_err(|_| no_address())?;
    let way = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => Way::Tls,
        // Responders answer without TLS: what they say is signed.
        Some(scheme) if *scheme == Scheme::HTTP => Way::Plain,
        _ => return Err(no_address()),
    };
    let authority = uri.authority().ok_or_else(no_address)?;
    let port = way.port(authority).ok_or_else(no_address)?;
    Ok((Place { host: host(authority), port, way }, uri))
}

fn request(uri: &Uri, question: &Question) -> Result<Request<Full<Bytes>>, String> {
    let method = if question.body.is_empty() { Method::GET } else { Method::POST };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, host.rsplit('@').next().unwrap_or_default())
        .header(USER_AGENT, "amprule")
        .header(CONTENT_TYPE, question.is_of)
        .header(ACCEPT, question.wants)
        .header(CONNECTION, "close");
    request.body(Full::new(Bytes::from(question.body.clone()))).map_err(|error| error.to_string())
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<Vec<u8>, String> {
    let broken = |error: hyper::Error| format!("the connection broke before an answer: {error}");
    let mut builder = Builder::new();
    builder.max_buf_size(MAX_HEAD_BYTES);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status() != StatusCode::OK {
            return Err(format!("it answers {}", response.status()));
        }
        let body = Limited::new(response.into_body(), most).collect().await;
        let body = body.map_err(|error| format!("its answer cannot be read: {error} (at most {most} bytes are)"))?;
        Ok(body.to_bytes().to_vec())
    };
    let mut answered = std::pin::pin!(answered);
    tokio::select! {
        answer = &mut answered => answer,
        // It may end once all is said.
        _ = connection => answered.await,
    }
}

/// Stations and cars say who is to be asked; they are not to have us call systems of the operator's own.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => !(v4.is_private() || v4.is_loopback() || is_shared(v4)),
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local()),
    }
}

/// Of providers' own networks (RFC 6598).
fn is_shared(v4: Ipv4Addr) -> bool {
    let [first, second, ..] = v4.octets();
    first == 100 && (64..128).contains(&second)
}

fn undialled(fault: DialFault) -> String {
    match fault {
        DialFault::NotCalled(ip, Complaint::NobodyThere | Complaint::Elsewhere) => {
            format!("{ip} is not called: no responder has an unspecified, multicast or link-local address")
        }
        DialFault::NoConnection(what) => what,
    }
}
