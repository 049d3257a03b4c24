use amprule_domain::doors::Page;
use amprule_domain::effect::{Answered, Effect};
use amprule_domain::reply::Reply;
use amprule_domain::{Energy, SessionNo};

use super::Backend;
use super::build::{answer, answered, at, ended, key, page, put, readings, session, station};

pub(crate) async fn readings_come_back_newest_first_and_page_by_page(store: &dyn Backend) {
    store.commit(vec![put(&session(1, "cs-1", "a")), readings(1, "m1", &[0, 1, 2])]).await.unwrap();
    store.commit(vec![readings(1, "m2", &[3]), put(&session(1, "cs-1", "a"))]).await.unwrap();
    store.commit(vec![put(&session(2, "cs-2", "a")), readings(2, "x", &[100])]).await.unwrap();
    store.commit(vec![readings(1, "m3", &[]), readings(1, "m4", &[4, 5]), readings(2, "y", &[101])]).await.unwrap();
    store.commit(vec![put(&ended(session(1, "cs-1", "a")))]).await.unwrap();
    store.commit(vec![readings(1, "m5", &[6])]).await.unwrap();

    let all = store.readings(SessionNo(1), &page(50)).await.unwrap();
    assert_eq!(all.next, None);
    let registers = |items: &[amprule_domain::doors::StoredReading]| -> Vec<_> {
        items.iter().map(|stored| stored.reading.register).collect()
    };
    let expect: Vec<_> = (0..=6).rev().map(|wh| Some(Energy::from_wh(wh))).collect();
    assert_eq!(registers(&all.items), expect);
    let Effect::Readings(row) = readings(1, "m4", &[4, 5]) else { unreachable!("as built") };
    assert_eq!((&all.items[1].message, &all.items[1].reading), (&Some(row.message), &row.readings[1]));
    assert_eq!(all.items[1].received_at, at(0));

    for limit in 1..=8 {
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let listed = store.readings(SessionNo(1), &Page { after, limit }).await.unwrap();
            assert!(listed.items.len() <= limit);
            found.extend(registers(&listed.items));
            after = listed.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expect, "in pages of {limit}");
    }
}

pub(crate) async fn readings_of_an_unknown_session_are_refused(store: &dyn Backend) {
    let error = store.commit(vec![readings(9, "m", &[1])]).await.unwrap_err();
    assert!(error.message.contains("no session number 9"), "{error}");
    assert!(store.readings(SessionNo(9), &page(5)).await.unwrap().items.is_empty());
}

pub(crate) async fn answered_messages_are_remembered_in_their_order(store: &dyn Backend) {
    store.commit(vec![Effect::Station(Box::new(station("cs-1")))]).await.unwrap();
    let start = vec![put(&session(1, "cs-1", "a")), readings(1, "start", &[0]), answered("cs-1", "start", 1)];
    store.commit(start).await.unwrap();
    store.commit(vec![put(&session(1, "cs-1", "a")), readings(1, "m1", &[1])]).await.unwrap();
    store.commit(vec![answered("cs-1", "event", 2)]).await.unwrap();
    store.commit(vec![put(&session(2, "cs-1", "a")), readings(2, "m2", &[2, 3])]).await.unwrap();
    store.commit(vec![put(&session(3, "cs-2", "a")), readings(3, "elsewhere", &[2])]).await.unwrap();
    store.commit(vec![answered("cs-1", "stop", 3), put(&ended(session(1, "cs-1", "a")))]).await.unwrap();

    let empty = |id| Answered { message: key(id), reply: Reply::Empty };
    let all = [answer("start", 1), empty("m1"), answer("event", 2), empty("m2"), answer("stop", 3)];
    for latest in 0..=7 {
        let expect = &all[all.len().saturating_sub(latest)..];
        assert_eq!(store.answered(&"cs-1".into(), latest).await.unwrap(), expect, "the latest {latest}");
    }
}

pub(crate) async fn a_station_that_was_removed_remembers_no_answers(store: &dyn Backend) {
    let register = || Effect::Station(Box::new(station("cs-1")));
    store.commit(vec![register()]).await.unwrap();
    store
        .commit(vec![put(&session(1, "cs-1", "a")), readings(1, "start", &[0]), answered("cs-1", "start", 1)])
        .await
        .unwrap();
    store.commit(vec![Effect::StationGone("cs-1".into())]).await.unwrap();
    store.commit(vec![register()]).await.unwrap();
    assert_eq!(store.answered(&"cs-1".into(), 9).await.unwrap(), []);
    store.commit(vec![readings(1, "m1", &[1]), register()]).await.unwrap();
    assert_eq!(store.answered(&"cs-1".into(), 9).await.unwrap().len(), 1);
}

pub(crate) async fn answers_are_bounded_and_no_older_message_is_answered_wrongly(store: &dyn Backend) {
    let start = vec![put(&session(1, "cs-1", "a")), readings(1, "start", &[0]), answered("cs-1", "start", 1)];
    store.commit(start).await.unwrap();
    for second in 0..200 {
        let name = format!("event {second}");
        store.commit(vec![readings(1, &name, &[second]), answered("cs-1", &name, second)]).await.unwrap();
    }
    let answers = store.answered(&"cs-1".into(), 1_000).await.unwrap();
    assert!((16..=200).contains(&answers.len()), "{}", answers.len());
    assert_eq!(answers.last(), Some(&answer("event 199", 199)));
    assert!(answers.iter().all(|answer| answer.reply != Reply::Empty), "its real answer was another");
}
