//! The floor: one connection for each box, and nothing but a question and its answer, so many in a row each second.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval};

#[derive(Debug, clap::Args)]
pub(crate) struct Asker {
    #[arg(value_delimiter = ',')]
    ports: Vec<u16>,
    /// Each second, of each box.
    questions: u32,
}

/// Function 3, two words from 1036 on.
const QUESTION: [u8; 12] = [0, 1, 0, 0, 0, 6, 255, 3, 4, 12, 0, 2];
const ANSWER: usize = 13;

impl Asker {
    pub(crate) async fn run(self) -> Result<()> {
        let boxes = u32::try_from(self.ports.len())?;
        let mut asking = Vec::new();
        for (number, port) in (0..).zip(&self.ports) {
            let stream = TcpStream::connect(("127.0.0.1", *port)).await.context("connect to a box")?;
            // Not all at once.
            asking.push(tokio::spawn(ask(stream, self.questions, Duration::from_secs(1) * number / boxes)));
        }
        println!("begun");
        for asks in asking {
            asks.await??;
        }
        Ok(())
    }
}

async fn ask(mut stream: TcpStream, questions: u32, after: Duration) -> Result<()> {
    stream.set_nodelay(true)?;
    tokio::time::sleep(after).await;
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answer = [0; ANSWER];
    loop {
        seconds.tick().await;
        for _ in 0..questions {
            stream.write_all(&QUESTION).await?;
            stream.read_exact(&mut answer).await?;
        }
    }
}
