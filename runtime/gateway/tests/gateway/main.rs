//! The listener through its boundary: real sockets on one side, a door that admits or does not on the other.

#[cfg(test)]
mod support;

#[cfg(test)]
mod compressed;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod handshake;
#[cfg(test)]
mod large;
#[cfg(test)]
mod quiet;
#[cfg(test)]
mod tls;
