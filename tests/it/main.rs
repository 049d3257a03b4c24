//! Every integration test, in one binary.

mod api;
mod author;
mod chains;
mod charging;
mod clients;
mod commands;
mod corpus;
mod crash;
mod devices;
mod editor;
mod hostile;
mod lookups;
mod malformed;
mod museum;
mod numbers;
mod offers;
mod pending;
mod reload;
mod scenarios;
mod schemas;
mod shadow;
mod signing;
mod taps;
mod tidy;
mod versions;
mod webhooks;
