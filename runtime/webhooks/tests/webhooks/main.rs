//! Webhooks through their boundary: an outbox in memory on one side, a receiver on a real socket on the other.

#[cfg(test)]
mod outbox;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod support;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod missed;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod weather;
