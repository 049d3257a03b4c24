//! The API behind a real socket.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::House;

pub(crate) struct Served {
    house: House,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Served {
    pub(crate) async fn start(house: House) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(crate::serve(listener, house.api.clone(), shutdown));
        Self { house, address, stop, serving }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    pub(crate) async fn until_called(&self) {
        let mut calls = self.house.control.calls.subscribe();
        calls.wait_for(|calls| *calls > 0).await.expect("the control lives");
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("it still serves");
        self.serving.await.expect("no panic").expect("an orderly end");
    }
}
