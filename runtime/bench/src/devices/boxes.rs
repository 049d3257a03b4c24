//! Boxes that answer at once, in a process of their own.

use amprule_simulator::{Cars, Keba};
use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

#[derive(Debug, clap::Args)]
pub(crate) struct Boxes {
    count: usize,
}

impl Boxes {
    pub(crate) async fn run(self) -> Result<()> {
        let mut boxes = Vec::new();
        for _ in 0..self.count {
            boxes.push(Keba::listen(0, Cars::Always).await.context("listen")?);
        }
        let counter = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
        println!("count {}", counter.local_addr()?);
        let ports: Vec<String> = boxes.iter().map(|keba| keba.port().to_string()).collect();
        println!("ports {}", ports.join(" "));
        loop {
            let (mut stream, _) = counter.accept().await.context("accept")?;
            let asked: u64 = boxes.iter().map(Keba::asked).sum();
            stream.write_all(asked.to_string().as_bytes()).await?;
        }
    }
}
