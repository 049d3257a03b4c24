//! Receivers that fail in every way, and a process that is killed and stopped in between. What comes is drawn from a seed,
//! what must hold is what lib.rs promises.

use std::sync::Arc;
use std::time::Duration;

use amprule_webhooks::Webhooks;

use crate::outbox::Memory;
use crate::receiver::{Heard, Receiver, Reply};
use crate::support::{check_promises, hook, settings, start, until};

const EVENTS: usize = 150;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

fn moody(seed: u64) -> impl FnMut(&Heard) -> Reply + Send + 'static {
    let mut dice = Dice(seed);
    move |_| match dice.roll(40) {
        0 => Reply::Status(500),
        1 => Reply::Status(429),
        2 => Reply::Drop,
        3 => Reply::Last("HTTP/1.1 204 Yes\r\nContent-Length: 0\r\n\r\n"),
        4 => Reply::Raw("HTTP/1.1 204 Yes\r\nConnection: close\r\n\r\n".to_owned()),
        5 => Reply::Last("HTTP/1.1 200 Yes\r\nContent-Length: 9\r\n\r\nabc"),
        6 => Reply::Raw("nonsense\r\n\r\n".to_owned()),
        _ => Reply::Status(200),
    }
}

async fn hurried(outbox: &Arc<Memory>, url: &str) -> Webhooks {
    let mut settings = settings(vec![hook("crm", url)]);
    settings.pace.first_retry = Duration::from_millis(1);
    settings.pace.longest_retry = Duration::from_millis(4);
    let webhooks = start(outbox, settings);
    until("it has begun", || outbox.has_subscriber("crm")).await;
    webhooks
}

async fn weather(seed: u64) {
    let outbox = Memory::new();
    let receiver = Receiver::new(moody(seed)).await;
    let mut dice = Dice(!seed);
    let mut webhooks = hurried(&outbox, &receiver.url()).await;
    let mut places = Vec::new();
    while places.len() < EVENTS {
        let many = 1 + dice.roll(60);
        places.extend(outbox.push_many(many));
        let heard = receiver.heard().len();
        let more = usize::try_from(dice.roll(many)).unwrap();
        receiver.heard_of(heard + more.min(1)).await;
        outbox.breaks(dice.roll(4) == 0);
        tokio::time::sleep(Duration::from_millis(dice.roll(5))).await;
        match dice.roll(3) {
            0 => drop(webhooks),
            1 => webhooks.shutdown().await,
            _ => {
                outbox.breaks(false);
                continue;
            }
        }
        outbox.breaks(false);
        webhooks = hurried(&outbox, &receiver.url()).await;
    }
    let last = *places.last().unwrap();
    receiver.heard_when(|heard| heard.last().is_some_and(|heard| heard.place() == last)).await;
    webhooks.shutdown().await;
    check_promises(&receiver.heard(), &places);
}

#[tokio::test]
async fn whatever_happens_the_promises_hold() {
    let seeds = if std::env::var_os("RUN_SLOW").is_some() { 300 } else { 3 };
    for seed in 0..seeds {
        weather(seed).await;
    }
}
