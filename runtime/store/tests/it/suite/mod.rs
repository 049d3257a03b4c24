//! What every back end must do, told through its doors alone: effects in, reads out. `conformance!` runs it on one.

use amprule_domain::SessionNo;
use amprule_domain::doors::{Archive, Catalogue, OutboxBooks, SiteBooks, StationBooks, StoreResult};
use amprule_domain::pricing::Pin;

pub(crate) mod build;
pub(crate) mod commands;
pub(crate) mod holdings;
pub(crate) mod journal;
pub(crate) mod lists;
pub(crate) mod records;
pub(crate) mod sessions;
pub(crate) mod signed;

/// All doors at once, and what the server asks it at a start.
pub(crate) trait Backend: StationBooks + Catalogue + Archive + OutboxBooks + SiteBooks {
    fn last_session_no(&self) -> StoreResult<SessionNo>;
    fn pinned_hashes(&self) -> StoreResult<Vec<Pin>>;
}

/// Makes a test of every case for the back end that `$open` gives.
#[macro_export]
macro_rules! conformance {
    ($open:path) => {
        $crate::conformance!($open; records:
            a_station_is_read_back_and_its_sessions_outlive_it,
            a_station_is_known_by_the_latest_of_each_kind_of_report,
            a_connector_is_known_by_its_latest_status,
            connectors_of_a_station_are_bounded_and_the_known_ones_go_on,
            a_token_is_found_in_any_case_and_gone_when_removed);
        $crate::conformance!($open; sessions:
            a_session_is_read_back_after_every_change,
            a_station_knows_its_live_sessions_and_its_latest_ended_ones,
            a_token_has_spent_the_totals_of_its_sessions_since_a_time,
            a_budget_counts_the_same_sessions_whenever_it_was_given,
            a_refused_session_that_never_stops_is_not_counted_as_open,
            a_transaction_is_found_by_its_station_and_name,
            sessions_are_found_by_the_moment_of_their_start,
            units_of_ended_sessions_are_no_longer_pinned,
            a_refused_commit_leaves_nothing_behind,
            a_commit_that_is_refused_does_not_harm_those_beside_it);
        $crate::conformance!($open; signed:
            what_was_signed_is_read_back_byte_for_byte,
            what_was_signed_of_an_unknown_session_is_refused,
            the_same_text_of_the_same_moment_is_kept_once,
            a_clock_that_is_ahead_makes_no_two_of_one,
            of_very_many_the_first_and_the_latest_are_kept);
        $crate::conformance!($open; commands:
            commands_are_found_while_they_are_open_and_the_latest_after_that,
            a_limit_of_a_site_is_known_until_it_is_given_back,
            a_bill_is_never_overwritten,
            events_come_in_order_and_stay_until_every_subscriber_has_them);
        $crate::conformance!($open; holdings:
            a_holding_is_put_merged_and_gone,
            a_job_goes_on_until_it_is_over,
            what_is_told_again_is_counted,
            those_that_are_alike_are_changed_together,
            holdings_are_bounded_in_number_and_size);
        $crate::conformance!($open; journal:
            readings_come_back_newest_first_and_page_by_page,
            readings_of_an_unknown_session_are_refused,
            answered_messages_are_remembered_in_their_order,
            a_station_that_was_removed_remembers_no_answers,
            answers_are_bounded_and_no_older_message_is_answered_wrongly);
        $crate::conformance!($open; lists:
            stations_and_tokens_are_listed_by_their_ids,
            sessions_that_began_together_are_each_listed_once,
            sessions_are_listed_newest_first_and_filtered,
            decisions_are_listed_newest_first,
            decisions_are_read_oldest_first_within_a_span,
            kept_messages_are_bounded_for_each_station_and_reason,
            kept_messages_are_bounded_in_bytes_too,
            a_cursor_that_is_none_is_explained);
    };
    ($open:path; $topic:ident: $($case:ident),+) => {
        mod $topic {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let opened = $open();
                $crate::suite::$topic::$case(&*opened).await;
            })+
        }
    };
}
