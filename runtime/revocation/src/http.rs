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
/// As OCPP 2.1 has it.
const MAX_URL: usize = 2_000;

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

/// Why nobody can be asked there.
pub(crate) fn no_address(url: &str) -> Option<String> {
    place(url).err()
}

fn place(url: &str) -> Result<(Place, Uri), String> {
    if url.len() > MAX_URL {
        return Err(format!("its address has more than {MAX_URL} characters"));
    }
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
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.segments() {
            // Ways to an address of IPv4: NAT64 (RFC 6052) and 6to4 (RFC 3056).
            [0x0064, 0xff9b, .., high, low] => is_public_v4(v4_of(high, low)),
            [0x2002, high, low, ..] => is_public_v4(v4_of(high, low)),
            // Site-local (RFC 3879) is gone, and still private.
            [first, ..] => !(v6.is_loopback() || v6.is_unique_local() || first & 0xffc0 == 0xfec0),
        },
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let is_special = match v4.octets() {
        // Of providers' own networks (RFC 6598), of protocols (RFC 6890) and of measurements (RFC 2544).
        [100, second, ..] => (64..128).contains(&second),
        [192, 0, 0, _] => true,
        [198, second, ..] => second & 0xfe == 18,
        [first, ..] => first == 0 || first >= 240,
    };
    !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_special)
}

fn v4_of(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

fn undialled(fault: DialFault) -> String {
    match fault {
        DialFault::NotCalled(ip, Complaint::NobodyThere | Complaint::Elsewhere) => {
            format!("{ip} is not called: no responder has an unspecified, multicast or link-local address")
        }
        DialFault::NoConnection(what) => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_private_by_whatever_way() {
        for private in [
            "10.0.0.1",
            "127.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "100.64.0.1",
            "0.1.2.3",
            "192.0.0.8",
            "198.19.0.1",
            "240.0.0.1",
            "169.254.169.254",
            "::1",
            "fd00::1",
            "fec0::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1::",
        ] {
            assert!(!is_public(private.parse().expect("an address")), "{private}");
        }
        for public in ["93.184.216.34", "100.128.0.1", "198.20.0.1", "2606:2800::1", "64:ff9b::93.184.216.34"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
    }
}
