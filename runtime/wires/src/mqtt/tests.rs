//! At a broker that remembers, and at one that confirms nothing for a while.

use std::collections::BTreeMap;

use bytes::BytesMut;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{
    ConnAck, ConnectReturnCode, Packet, PingResp, PubAck, Publish, SubAck, Subscribe, SubscribeReasonCode,
};
use tokio::io::{AsyncWriteExt as _, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::frames::{Frames, Incoming};
use super::*;
use crate::address::WireAddress;

struct Broker {
    /// Messages that are not confirmed.
    deaf_for: usize,
    /// What is said of a topic to who begins to listen, and whether as a memory.
    memory: BTreeMap<&'static str, Vec<(&'static str, bool)>>,
}

impl Broker {
    async fn serve(self, stream: TcpStream) {
        let (read, mut write) = split(stream);
        let mut frames = Frames::new(read);
        let mut published = 0;
        while let Ok(Incoming::Packet(packet)) = frames.next().await {
            let mut out = BytesMut::new();
            match packet {
                Packet::Connect(_) => ConnAck::new(ConnectReturnCode::Success, false).write(&mut out),
                Packet::PingReq => PingResp.write(&mut out),
                Packet::Publish(publish) => {
                    published += 1;
                    if published > self.deaf_for { PubAck::new(publish.pkid).write(&mut out) } else { Ok(0) }
                }
                Packet::Subscribe(subscribe) => self.listened(&subscribe, &mut out),
                _ => Ok(0),
            }
            .expect("it is written");
            write.write_all(&out).await.expect("it is said");
        }
    }

    fn listened(&self, subscribe: &Subscribe, out: &mut BytesMut) -> Result<usize, rumqttc::mqttbytes::Error> {
        let codes = subscribe.filters.iter().map(|_| SubscribeReasonCode::Success(QoS::AtMostOnce)).collect();
        SubAck::new(subscribe.pkid, codes).write(out)?;
        for filter in &subscribe.filters {
            for (text, retain) in self.memory.get(filter.path.as_str()).into_iter().flatten() {
                let mut publish = Publish::new(&filter.path, QoS::AtMostOnce, *text);
                publish.retain = *retain;
                publish.write(out)?;
            }
        }
        Ok(0)
    }
}

/// A wire to it, to topics below `a`.
async fn wire(broker: Broker) -> MqttWire {
    let there = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("mqtt://{}/a?timeout_ms=300", there.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (stream, _) = there.accept().await.expect("a connection");
        broker.serve(stream).await;
    });
    match WireAddress::parse(&address).expect("an address") {
        WireAddress::Mqtt(to) => MqttWire::new(&Buses::default(), to),
        other => panic!("it is {other:?}"),
    }
}

#[tokio::test]
async fn what_the_broker_remembers_is_known_as_that() {
    let memory = [
        ("a/old", vec![("1", true)]),
        ("a/live", vec![("1", true), ("2", false)]),
        ("a/again", vec![("1", false), ("1", true)]),
    ];
    let wire = wire(Broker { deaf_for: 0, memory: memory.into() }).await;
    wire.listen(&["old", "live", "again"]).await.expect("it listens");
    // What is said of all of them comes before this is confirmed.
    wire.publish("any", "x", false).await.expect("it is confirmed");
    for (topic, text, is_retained) in [("old", "1", true), ("live", "2", false), ("again", "1", false)] {
        let heard = wire.last(topic).await.expect(topic).expect(topic);
        assert_eq!((heard.text.as_str(), heard.is_retained), (text, is_retained), "{topic}");
    }
}

#[tokio::test]
async fn what_a_broker_never_confirms_holds_up_nothing_for_long() {
    let wire = wire(Broker { deaf_for: 64, memory: BTreeMap::new() }).await;
    wire.listen(&["any"]).await.expect("it listens");
    let unconfirmed: Vec<_> = (0..64)
        .map(|_| {
            let wire = wire.clone();
            tokio::spawn(async move { wire.publish("any", "x", false).await })
        })
        .collect();
    for one in unconfirmed {
        assert!(matches!(one.await.expect("no panic"), Err(WireFault::Silent { .. })));
    }
    let confirmed = async {
        while wire.publish("any", "x", false).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(5), confirmed).await.expect("it is confirmed again");
}
