//! Boxes as others have met them, each asked three times for a register. A box answers with what the question's address is.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::*;
use crate::address::WireAddress;
use crate::modbus::{Function, ModbusWire};

/// What it does with a question, whose number among all it is given, and the frame of the right answer.
type Does = fn(Vec<u8>, usize) -> Vec<Act>;

enum Act {
    Says(Vec<u8>),
    Waits(u64),
    Closes,
    Resets,
}
use Act::{Closes, Resets, Says, Waits};

async fn box_that(does: Does) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        let mut asked = 0;
        'connections: while let Ok((mut stream, _)) = listener.accept().await {
            loop {
                let mut question = [0; 12];
                if stream.read_exact(&mut question).await.is_err() {
                    continue 'connections;
                }
                asked += 1;
                let answer = [&question[..4], &[0, 5], &question[6..8], &[2], &question[8..10]].concat();
                for act in does(answer, asked) {
                    match act {
                        Says(bytes) => stream.write_all(&bytes).await.expect("it is heard"),
                        Waits(ms) => sleep(Duration::from_millis(ms)).await,
                        Closes => continue 'connections,
                        Resets => {
                            stream.set_zero_linger().expect("it resets");
                            continue 'connections;
                        }
                    }
                }
            }
        }
    });
    address
}

/// What three questions come to.
async fn three(does: Does) -> [Result<u16, String>; 3] {
    let address = box_that(does).await;
    let address = WireAddress::parse(&format!("modbus-tcp://{address}?unit=1&timeout_ms=300")).expect("an address");
    let WireAddress::Modbus(to) = address else { panic!("of Modbus") };
    let wire = ModbusWire::new(&Buses::default(), to);
    let mut came = [const { Ok(0) }; 3];
    for (at, came) in (7..).zip(&mut came) {
        let read = wire.read(Urgency::Poll, Function::Holding, at, 1).await;
        *came = read.map(|words| words[0]).map_err(|why| why.to_string());
        sleep(Duration::from_millis(20)).await;
    }
    came
}

fn numbered(mut frame: Vec<u8>, by: u8) -> Vec<u8> {
    frame[1] = frame[1].wrapping_add(by);
    frame
}

#[tokio::test]
async fn boxes_that_are_odd_are_understood() {
    let boxes: [(&str, Does); 11] = [
        ("a good one", |answer, _| vec![Says(answer)]),
        ("byte by byte", |answer, _| answer.iter().flat_map(|byte| [Says(vec![*byte]), Waits(1)]).collect()),
        ("twice in one breath", |answer, _| vec![Says([answer.clone(), answer].concat())]),
        ("twice, the second later", |answer, _| vec![Says(answer.clone()), Waits(10), Says(answer)]),
        ("behind the last answer once more", |answer, _| vec![Says(numbered(answer.clone(), 255)), Says(answer)]),
        ("it closes after each answer", |answer, _| vec![Says(answer), Closes]),
        ("it resets after each answer", |answer, _| vec![Says(answer), Resets]),
        ("it closes when it is asked again", |answer, asked| match asked % 2 {
            1 => vec![Says(answer)],
            _ => vec![Closes],
        }),
        ("it has no time, once", |answer, asked| match asked {
            1 => vec![Says([&numbered(answer, 0)[..5], &[3, 1, 0x83, 6]].concat())],
            _ => vec![Says(answer)],
        }),
        ("more than was asked for", |mut answer, _| {
            answer[5] += 2;
            vec![Says([answer, vec![0, 0]].concat())]
        }),
        ("what is left of it comes later", |answer, _| {
            vec![Says(answer[..8].to_vec()), Waits(30), Says(answer[8..].to_vec())]
        }),
    ];
    for (name, does) in boxes {
        assert_eq!(three(does).await, [Ok(7), Ok(8), Ok(9)], "{name}");
    }
}

#[tokio::test]
async fn boxes_that_are_wrong_are_told_with_what_they_said() {
    let boxes: [(&str, Does); 7] = [
        ("does not answer within 300 ms", |_, _| vec![]),
        ("3 bytes within 300 ms that are no answer to it", |answer, _| vec![Says(answer[..3].to_vec())]),
        ("an answer to question 8", |answer, _| vec![Says(numbered(answer, 7))]),
        ("an answer of unit 2 where 1 was asked", |mut answer, _| {
            answer[6] = 2;
            vec![Says(answer)]
        }),
        ("no frame of Modbus TCP", |_, _| vec![Says(b"HTTP/1.1 400".to_vec())]),
        ("exception 2, illegal data address; it may be an input register", |answer, _| {
            // Of this refusal the head says that it is longer.
            vec![Says([&answer[..5], &[4, 1, 0x83, 2]].concat())]
        }),
        ("it has closed the connection", |_, _| vec![Closes]),
    ];
    for (why, does) in boxes {
        let first = three(does).await[0].clone().expect_err(why);
        assert!(first.contains(why), "{why}: {first}");
    }
}

/// One that is silent takes its own time and nobody else's: what it is to be told waits behind what others are asked.
#[tokio::test]
async fn who_is_silent_comes_last() {
    let address = box_that(|answer, _| if answer[6] == 1 { vec![Says(answer)] } else { vec![] }).await;
    let buses = Buses::default();
    let wire = |unit: u8| {
        let address = format!("modbus-tcp://{address}?unit={unit}&timeout_ms=200");
        let Ok(WireAddress::Modbus(to)) = WireAddress::parse(&address) else { panic!("an address") };
        ModbusWire::new(&buses, to)
    };
    let (good, silent) = (wire(1), wire(2));
    silent.read(Urgency::Safety, Function::Holding, 1, 1).await.expect_err("nobody answers");
    let write = || silent.write(Urgency::Safety, 1, &crate::Write::Register(1));
    let begun = Instant::now();
    let (first, second, third, answered) = tokio::join!(write(), write(), write(), async {
        sleep(Duration::from_millis(20)).await;
        good.write(Urgency::Safety, 1, &crate::Write::Register(1)).await.map(|()| begun.elapsed())
    });
    assert!(first.is_err() && second.is_err() && third.is_err());
    let took = answered.expect("it is there");
    assert!(took < Duration::from_millis(390), "{took:?}");
    assert!(good.waited() >= Duration::from_millis(100), "{:?}", good.waited());
}
