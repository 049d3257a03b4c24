//! Versions that sessions are pinned to and that only the archive has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use amprule_domain::Decimal;
use amprule_domain::ports::Hooks as _;
use amprule_domain::pricing::{Pin, Price};
use amprule_hooks::{Absent, Archive, HookSettings, Version};
use parking_lot::Mutex;

use crate::fixture::{Behaviour, Fixture, about, last, running, unit};

/// An archive with these versions. Those of a unit whose id begins with `slow` stay in the compiler until it is let go.
struct Shelf {
    versions: Vec<Arc<Version>>,
    held: Mutex<Receiver<()>>,
    busy: AtomicUsize,
    loads: Arc<AtomicUsize>,
}

impl Archive for Shelf {
    fn load(&self, hash: &str) -> Result<Arc<Version>, Absent> {
        self.loads.fetch_add(1, SeqCst);
        if self.busy.load(SeqCst) > 0 {
            self.busy.fetch_sub(1, SeqCst);
            return Err(Absent::Busy);
        }
        if hash.starts_with("slow") {
            self.held.lock().recv().ok();
        }
        self.versions.iter().find(|version| version.hash == hash).cloned().ok_or(Absent::Lost)
    }
}

/// What lets the compiler go when it is dropped, and how many loads were begun.
struct Handle {
    compiler: Sender<()>,
    loads: Arc<AtomicUsize>,
}

fn archived<const N: usize>(fixture: &Fixture, units: [&str; N], busy: usize) -> ([Arc<Version>; N], Handle) {
    let versions = units.map(|id| fixture.version(unit(id, "1", Behaviour::Price("1.00"))));
    let ((compiler, held), loads) = (channel(), Arc::<AtomicUsize>::default());
    let shelf =
        Shelf { versions: versions.to_vec(), held: Mutex::new(held), busy: busy.into(), loads: Arc::clone(&loads) };
    fixture.registry.keep_archive(Arc::new(shelf));
    (versions, Handle { compiler, loads })
}

async fn running_price(fixture: &Fixture, pin: &Pin) -> Option<Price> {
    fixture.registry.price(Some(pin), running(), about()).await.price
}

/// The load goes on, on its own thread.
async fn until_loaded(fixture: &Fixture, version: &Version) {
    for _ in 0..2_000 {
        if fixture.registry.loaded(&version.hash).is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{} never came", version.hash);
}

#[tokio::test]
async fn a_pinned_version_comes_from_the_archive_once() {
    let fixture = Fixture::new(HookSettings::default());
    let ([archived], handle) = archived(&fixture, ["tou"], 0);
    let (pin, mut lost) = (archived.pin(), archived.pin());
    Arc::make_mut(&mut lost).hash = "lost".to_owned();
    for _ in 0..3 {
        assert!(running_price(&fixture, &pin).await.is_some());
        assert!(running_price(&fixture, &lost).await.is_none());
    }
    assert_eq!(handle.loads.load(SeqCst), 2, "one for each hash");
}

#[tokio::test]
async fn a_bill_waits_for_its_version_and_a_session_that_goes_on_does_not() {
    for (input, is_there) in [(running(), false), (last(), true)] {
        let fixture = Fixture::new(HookSettings::default());
        let ([archived], handle) = archived(&fixture, ["slow"], 0);
        fixture.activate(unit("slow", "2", Behaviour::Price("2.00")));
        let pin = archived.pin();
        let let_go = async {
            tokio::time::sleep(Duration::from_millis(900)).await;
            drop(handle.compiler);
        };
        let (answer, ()) = tokio::join!(fixture.registry.price(Some(&pin), input, about()), let_go);
        let price = answer.price.unwrap();
        assert_eq!(!price.is_doubtful(), is_there, "else the version that is active stands in");
        assert_eq!(price.total, Decimal::from(if is_there { 1 } else { 2 }));
    }
}

#[tokio::test(start_paused = true)]
async fn one_bill_waits_in_vain_and_the_others_go_on() {
    let fixture = Fixture::new(HookSettings::default());
    let ([stuck], _handle) = archived(&fixture, ["slow"], 0);
    let pin = stuck.pin();
    for waits_ms in [10_000, 500] {
        let time_passes = async {
            tokio::task::yield_now().await;
            tokio::time::advance(Duration::from_millis(waits_ms - 1)).await;
            tokio::task::yield_now().await;
            tokio::time::advance(Duration::from_millis(2)).await;
        };
        let began = tokio::time::Instant::now();
        let (answer, ()) = tokio::join!(fixture.registry.price(Some(&pin), last(), about()), time_passes);
        assert!(answer.price.is_none());
        assert!(began.elapsed() <= Duration::from_millis(waits_ms + 10), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn one_question_waits_once_for_all_the_versions_that_it_needs_and_they_come_without_it() {
    let fixture = Fixture::new(HookSettings::default());
    let (versions, handle) = archived(&fixture, ["slow", "slow-one", "slow-two", "slow-three"], 0);
    let mut pin = versions[0].pin();
    Arc::make_mut(&mut pin).modifiers = versions[1..].iter().map(|version| version.pin().base()).collect();
    let began = std::time::Instant::now();
    let answer = fixture.registry.price(Some(&pin), running(), about()).await;
    assert!(answer.price.is_none());
    // Each for itself would take half a second.
    assert!(began.elapsed() < Duration::from_millis(1_900), "{:?}", began.elapsed());
    let fault = answer.decisions[0].fault.as_ref().expect("it was not there").to_string();
    assert!(fault.contains("not there in time"), "{fault}");
    drop(handle.compiler);
    until_loaded(&fixture, &versions[0]).await;
}

#[tokio::test]
async fn a_version_that_comes_slowly_holds_up_no_other_one() {
    let fixture = Fixture::new(HookSettings::default());
    let ([slow, quick], handle) = archived(&fixture, ["slow", "quick"], 0);
    assert!(running_price(&fixture, &slow.pin()).await.is_none());
    assert!(running_price(&fixture, &quick.pin()).await.is_some());
    assert!(running_price(&fixture, &slow.pin()).await.is_none());
    assert_eq!(handle.loads.load(SeqCst), 2, "one load for all who ask");
    drop(handle.compiler);
    until_loaded(&fixture, &slow).await;
    assert!(running_price(&fixture, &slow.pin()).await.is_some());
}

#[tokio::test]
async fn compilers_that_are_busy_are_asked_again() {
    let fixture = Fixture::new(HookSettings::default());
    let ([archived], _handle) = archived(&fixture, ["tou"], 1);
    assert!(running_price(&fixture, &archived.pin()).await.is_none());
    assert!(running_price(&fixture, &archived.pin()).await.is_some());
}
