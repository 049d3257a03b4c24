//! Files in, active versions out.

mod approval;
mod archive;
mod candidates;
mod check;
mod fixture;
mod held;
mod places;
mod reload;
mod rules;
mod slow;
mod source;
mod watch;
