//! What is said over a wire. Whoever is not let switch the device must not go on as if it had: a refusal is a [`Problem`], unless a
//! driver asks with `try_`.

use super::{Answer, Registers};
use crate::Problem;
use crate::bindings::vocabulary::amprule::device::wires::{self, Method, Request, Table, Writing};

/// By the name that `plugin.toml` gives it.
#[derive(Debug, Clone, Copy)]
pub struct Wire(&'static str);

impl Wire {
    pub const fn named(name: &'static str) -> Self {
        Self(name)
    }

    /// Function 3.
    pub fn holding(self, address: u16, count: u16) -> Result<Registers, Problem> {
        self.read(Table::Holding, address, count)
    }

    /// Function 4.
    pub fn input(self, address: u16, count: u16) -> Result<Registers, Problem> {
        self.read(Table::Input, address, count)
    }

    /// Function 1.
    pub fn coils(self, address: u16, count: u16) -> Result<Registers, Problem> {
        self.read(Table::Coil, address, count)
    }

    /// Function 2.
    pub fn discrete(self, address: u16, count: u16) -> Result<Registers, Problem> {
        self.read(Table::Discrete, address, count)
    }

    /// None: the device has no such registers.
    pub fn try_holding(self, address: u16, count: u16) -> Option<Registers> {
        wires::read(self.0, Table::Holding, address, count).map(Registers::new)
    }

    /// None: the device has no such registers.
    pub fn try_input(self, address: u16, count: u16) -> Option<Registers> {
        wires::read(self.0, Table::Input, address, count).map(Registers::new)
    }

    fn read(self, table: Table, address: u16, count: u16) -> Result<Registers, Problem> {
        match wires::read(self.0, table, address, count) {
            Some(words) => Ok(Registers::new(words)),
            None => Err(Problem::Failed(["the device refuses to tell ", &address.to_string()].concat())),
        }
    }

    /// Function 6.
    pub fn write(self, address: u16, word: u16) -> Result<(), Problem> {
        Ok(self.try_write(address, word)?)
    }

    /// Function 6. The error says why the device refuses it.
    pub fn try_write(self, address: u16, word: u16) -> Result<(), String> {
        wires::write(self.0, &Writing::One((address, word)))
    }

    /// Function 16.
    pub fn write_several(self, address: u16, words: &[u16]) -> Result<(), Problem> {
        Ok(wires::write(self.0, &Writing::Several((address, words.to_vec())))?)
    }

    /// Function 5.
    pub fn write_coil(self, address: u16, is_on: bool) -> Result<(), Problem> {
        Ok(wires::write(self.0, &Writing::Coil((address, is_on)))?)
    }

    pub fn get(self, path: &str) -> Result<Answer, Problem> {
        Ok(self.try_get(path)?)
    }

    /// The error says why the device refuses it.
    pub fn try_get(self, path: &str) -> Result<Answer, String> {
        self.http(Method::Get, path, None, false, None)
    }

    /// A request by which the device does something. `expect`: what stands in its answer when it was done.
    pub fn switch_by_get(self, path: &str, expect: Option<&str>) -> Result<Answer, Problem> {
        Ok(self.http(Method::Get, path, None, true, expect)?)
    }

    pub fn post(self, path: &str, body: &str, expect: Option<&str>) -> Result<Answer, Problem> {
        Ok(self.http(Method::Post, path, Some(body), true, expect)?)
    }

    pub fn put(self, path: &str, body: &str, expect: Option<&str>) -> Result<Answer, Problem> {
        Ok(self.http(Method::Put, path, Some(body), true, expect)?)
    }

    /// The last message of a topic (MQTT), or the last of a stream that contains this. None: there is none, or none of so many seconds.
    pub fn topic(self, topic: &str, stale_s: Option<u32>) -> Option<Answer> {
        wires::topic(self.0, topic, stale_s).map(Answer::new)
    }

    /// A message by which the device does something, done when the broker has it.
    pub fn publish(self, topic: &str, body: &str) -> Result<(), Problem> {
        Ok(wires::publish(self.0, topic, body, false, true)?)
    }

    /// A message that asks, and the answer that contains `fits`.
    pub fn ask(self, text: &str, fits: &str) -> Result<Answer, Problem> {
        Ok(wires::message(self.0, text, Some(fits), false).map(Answer::new)?)
    }

    /// A message by which the device does something.
    pub fn send(self, text: &str, fits: Option<&str>) -> Result<Answer, Problem> {
        Ok(wires::message(self.0, text, fits, true).map(Answer::new)?)
    }

    fn http(
        self,
        method: Method,
        path: &str,
        body: Option<&str>,
        switches: bool,
        expect: Option<&str>,
    ) -> Result<Answer, String> {
        let (path, body, expect) = (path.to_owned(), body.map(str::to_owned), expect.map(str::to_owned));
        wires::http(self.0, &Request { method, path, body, switches, expect }).map(Answer::new)
    }
}
