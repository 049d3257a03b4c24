//! The event stream of a server, from now on.

use std::io::{BufRead as _, BufReader};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::management::Management;
use crate::wait::until;

#[derive(Debug)]
pub struct Events(Receiver<String>);

impl Events {
    pub(crate) fn of(api: &Management) -> Self {
        let (sender, events) = channel();
        let stream = ureq::get(api.url("/api/v1/events")).header("authorization", api.bearer());
        let stream = stream.call().expect("open the event stream");
        std::thread::spawn(move || {
            let lines = BufReader::new(stream.into_body().into_reader()).lines().map_while(Result::ok);
            lines.filter(|line| line.starts_with("data:")).for_each(|line| drop(sender.send(line)));
        });
        Self(events)
    }

    /// Each of these words has come in some event.
    pub async fn until(&self, words: &[&str]) {
        let mut missing = words.to_vec();
        until("all events come", || {
            while let Ok(line) = self.0.recv_timeout(Duration::from_millis(50)) {
                missing.retain(|word| !line.contains(word));
            }
            missing.is_empty().then_some(())
        })
        .await;
    }
}
