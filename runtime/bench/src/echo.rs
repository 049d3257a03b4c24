//! The floor: tokio-tungstenite with small buffers and one canned answer. It reads, answers, and knows nothing.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

#[derive(Debug, clap::Args)]
pub(crate) struct Echo {
    /// How long the answers are: as long as the server's own.
    #[arg(long, default_value_t = 64)]
    answer_bytes: usize,
}

/// The read buffer with which a connection stays small; the library's own default is 128 KiB.
const BUFFER: usize = 4 * 1024;

impl Echo {
    pub(crate) async fn run(self) -> Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
        println!("ocpp  ws://{}", listener.local_addr()?);
        let answer = canned(self.answer_bytes);
        loop {
            let (stream, _) = listener.accept().await.context("accept")?;
            tokio::spawn(serve(stream, answer.clone()));
        }
    }
}

async fn serve(stream: TcpStream, answer: Utf8Bytes) {
    // A connection that breaks ends this task and no other.
    let _ = converse(stream, answer).await;
}

async fn converse(stream: TcpStream, answer: Utf8Bytes) -> Result<()> {
    stream.set_nodelay(true)?;
    let config =
        WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0).max_write_buffer_size(64 * 1024);
    let mut socket = accept_hdr_async_with_config(stream, choose_protocol, Some(config)).await?;
    while let Some(message) = socket.next().await {
        if message?.is_text() {
            socket.send(Message::Text(answer.clone())).await?;
        }
    }
    Ok(())
}

fn choose_protocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    if let Some(protocol) = request.headers().get("sec-websocket-protocol") {
        response.headers_mut().insert("sec-websocket-protocol", protocol.clone());
    }
    Ok(response)
}

/// A CALLRESULT of just this length.
fn canned(bytes: usize) -> Utf8Bytes {
    let (head, tail) = (r#"[3,"1",{"x":""#, r#""}]"#);
    let padding = "x".repeat(bytes.saturating_sub(head.len() + tail.len()));
    format!("{head}{padding}{tail}").into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_canned_answer_has_the_length_that_was_asked_for() {
        assert_eq!(super::canned(64).len(), 64);
    }
}
