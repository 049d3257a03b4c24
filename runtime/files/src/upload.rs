//! A station brings a log: PUT or POST, as it is or within a form, with a length or in chunks.

use std::time::Duration;

use amprule_domain::files::LogFile;
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::time::{Instant, timeout, timeout_at};

use crate::addresses::Ticket;
use crate::logs::USED;
use crate::multipart::Multipart;
use crate::spool::{Writing, Written};
use crate::{Files, Refused, Settings};

/// Of a body that is not wanted so much is read, so that its sender hears why: one that still writes sees a broken connection
/// instead.
const DRAINED: usize = 1 << 20;
const DRAINS: Duration = Duration::from_secs(5);
/// What may be around a log in a form.
const FORM: u64 = 64 << 10;

pub(crate) async fn receive<B>(
    files: &Files,
    ticket: Ticket,
    name: &str,
    request: http::Request<B>,
) -> Result<LogFile, Refused>
where
    B: Body<Data = bytes::Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let (head, mut body) = request.into_parts();
    let received = match begun(files, &ticket, &head.headers, &body) {
        Ok(_coming) => spooled(files, &head.headers, &mut body).await,
        Err(refused) => Err(refused),
    };
    let (written, named) = match received {
        Ok(received) => received,
        Err(refused) => {
            // Who waits for a word first, or says nothing any more, sends nothing that would be in the way.
            let is_silent =
                head.headers.contains_key(header::EXPECT) || matches!(refused, Refused::Slow | Refused::Broken(_));
            if !is_silent {
                drain(&mut body).await;
            }
            return Err(refused);
        }
    };
    let name = named.as_deref().unwrap_or(name);
    let log = files.logs.take(ticket, written, name, files.clock.now(), &files.spool).await?;
    tracing::info!(station = %log.station, job = log.number, bytes = log.size, "a station has brought a log");
    (files.received)(&log);
    Ok(log)
}

/// One of the uploads that are under way.
struct Coming<'f> {
    files: &'f Files,
    log: (amprule_domain::StationId, u32),
    _place: tokio::sync::SemaphorePermit<'f>,
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        let mut coming = self.files.coming.lock();
        if let Some(at) = coming.iter().position(|log| *log == self.log) {
            coming.swap_remove(at);
        }
    }
}

/// All that can be said before the first byte.
fn begun<'f>(files: &'f Files, ticket: &Ticket, headers: &HeaderMap, body: &impl Body) -> Result<Coming<'f>, Refused> {
    if ticket.until <= files.clock.now() {
        return Err(Refused::Over("the time for this log is over"));
    }
    if files.logs.was_brought(ticket) {
        return Err(USED);
    }
    // RFC 9110, 14.5: a part would be taken for the whole.
    if headers.contains_key(header::CONTENT_RANGE) {
        return Err(Refused::Malformed("a log comes as a whole, not in ranges"));
    }
    if body.size_hint().lower() > files.settings.log_file {
        return Err(Refused::TooLarge(files.settings.log_file));
    }
    let _place = files.uploads.try_acquire().map_err(|_| Refused::Busy)?;
    let log = (ticket.station.clone(), ticket.number);
    let mut coming = files.coming.lock();
    if coming.iter().filter(|known| **known == log).count() >= Settings::TRIES_AT_ONCE {
        return Err(Refused::Busy);
    }
    coming.push(log.clone());
    drop(coming);
    Ok(Coming { files, log, _place })
}

/// With the name that a form gives it.
async fn spooled<B>(files: &Files, headers: &HeaderMap, body: &mut B) -> Result<(Written, Option<String>), Refused>
where
    B: Body<Data = bytes::Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut form = Multipart::of(content_type).transpose()?;
    let mut writing = files.spool.begin(files.settings.log_file).await?;
    let ends = Instant::now() + files.settings.transfer;
    let writes = fill(&mut writing, &mut form, body, &files.settings);
    timeout_at(ends, writes).await.map_err(|_| Refused::Slow)??;
    if let Some(form) = &form {
        form.finish()?;
    }
    let name = form.and_then(|form| form.name).filter(|name| !name.is_empty());
    Ok((writing.finish().await?, name))
}

async fn fill<B>(
    writing: &mut Writing,
    form: &mut Option<Multipart>,
    body: &mut B,
    settings: &Settings,
) -> Result<(), Refused>
where
    B: Body<Data = bytes::Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut left = settings.log_file.saturating_add(FORM);
    loop {
        let Some(frame) = timeout(settings.patience, body.frame()).await.map_err(|_| Refused::Slow)? else {
            return Ok(());
        };
        let Ok(bytes) = frame.map_err(|error| Refused::Broken(error.to_string()))?.into_data() else { continue };
        left = left.checked_sub(bytes.len() as u64).ok_or(Refused::TooLarge(settings.log_file))?;
        match form {
            Some(form) => writing.write(&form.push(&bytes)?).await?,
            None => writing.write(&bytes).await?,
        }
    }
}

async fn drain<B: Body<Data = bytes::Bytes> + Unpin>(body: &mut B) {
    let read = async {
        let mut left = DRAINED;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, bytes::Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // Whoever writes on after that does not want to hear it.
    let _ = timeout(DRAINS, read).await;
}
