//! What was heard on one connection: the last message with each text that somebody listens for, and the answer that is waited for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::mqtt::Heard;

/// That are listened for. At the bound the one that was looked at longest ago goes.
const MOST_TEXTS: usize = 32;
/// Some boxes say how they stand at the beginning, and then what changes. So a connection that is older is left for what nobody has
/// listened for on it.
const BEGINNING: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 10_000 });

pub(super) struct Desk {
    /// Something was heard, or the connection has ended.
    pub(super) word: Notify,
    began: Instant,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    texts: HashMap<String, Listened>,
    expected: Option<Expected>,
    end: Option<End>,
}

struct End {
    why: String,
    is_told: bool,
}

struct Listened {
    last: Option<Heard>,
    since: Instant,
    used: Instant,
}

struct Expected {
    fits: String,
    answer: Option<String>,
}

impl Desk {
    /// On a new connection the same is listened for, and these, and nothing was heard yet.
    pub(super) fn after(former: Option<&Self>, texts: &[&str]) -> Self {
        let desk = Self { word: Notify::new(), began: Instant::now(), known: Mutex::default() };
        if let Some(former) = former {
            former.known.lock().texts.keys().for_each(|text| drop(desk.last(text)));
        }
        desk.listen(texts);
        desk
    }

    /// False: what was said of one of them at the beginning may have been heard by nobody.
    pub(super) fn listens(&self, texts: &[&str]) -> bool {
        let known = self.known.lock();
        self.began.elapsed() < BEGINNING || texts.iter().all(|text| known.texts.contains_key(*text))
    }

    pub(super) fn listen(&self, texts: &[&str]) {
        texts.iter().for_each(|text| drop(self.last(text)));
    }

    /// Since when it is listened for, which begins now where it was not, and what was heard.
    pub(super) fn last(&self, text: &str) -> (Instant, Option<Heard>) {
        let mut known = self.known.lock();
        let now = Instant::now();
        if !known.texts.contains_key(text) {
            known.make_room();
            known.texts.insert(text.to_owned(), Listened { last: None, since: now, used: now });
        }
        match known.texts.get_mut(text) {
            Some(listened) => {
                listened.used = now;
                (listened.since, listened.last.clone())
            }
            None => (now, None),
        }
    }

    pub(super) fn expect(&self, fits: &str) {
        self.known.lock().expected = Some(Expected { fits: fits.to_owned(), answer: None });
    }

    /// What was expected, or why it does not come any more.
    pub(super) async fn answer(&self) -> Result<String, String> {
        loop {
            let word = self.word.notified();
            {
                let mut known = self.known.lock();
                if let Some(answer) = known.expected.as_mut().and_then(|expected| expected.answer.take()) {
                    return Ok(answer);
                }
                if let Some(end) = &mut known.end {
                    end.is_told = true;
                    return Err(end.why.clone());
                }
            }
            word.await;
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.known.lock().end.is_some()
    }

    /// Why it has ended, if nobody was told yet.
    pub(super) fn news_of_its_end(&self) -> Option<String> {
        let mut known = self.known.lock();
        let end = known.end.as_mut().filter(|end| !end.is_told)?;
        end.is_told = true;
        Some(end.why.clone())
    }

    pub(super) fn put(&self, text: String) {
        let mut known = self.known.lock();
        let at = Instant::now();
        for (_, listened) in known.texts.iter_mut().filter(|(part, _)| text.contains(part.as_str())) {
            listened.last = Some(Heard { text: text.clone(), at, is_retained: false });
        }
        if let Some(expected) = &mut known.expected
            && expected.answer.is_none()
            && text.contains(&expected.fits)
        {
            expected.answer = Some(text);
        }
        drop(known);
        self.word.notify_waiters();
    }

    pub(super) fn end(&self, why: String) {
        self.known.lock().end.get_or_insert(End { why, is_told: false });
        self.word.notify_waiters();
    }
}

impl Known {
    fn make_room(&mut self) {
        if self.texts.len() >= MOST_TEXTS {
            let oldest = self.texts.iter().min_by_key(|(_, listened)| listened.used).map(|(text, _)| text.clone());
            oldest.map(|text| self.texts.remove(&text));
        }
    }
}
