//! Lookups through their boundary: questions on one side, systems on real sockets on the other.

#[cfg(test)]
mod support;
#[cfg(test)]
mod system;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bindings;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod tls;

#[cfg(test)]
mod reports;
