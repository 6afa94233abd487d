//! What every store must keep, whatever it is made of: a named test for each rule.
//!
//! A rule is an async function over any [`Store`](horarium_core::Store) that is
//! new and empty. A further store joins by a module of its own below.

#![expect(
    clippy::unwrap_used,
    reason = "rules are tests, though only their instances have the attribute"
)]

mod alerts;
mod asked;
mod backfill;
mod chains;
mod checkpoints;
mod claim;
mod effects;
mod extremes;
mod finish;
mod fires;
#[path = "../given/mod.rs"]
mod given;
mod history;
mod keeping;
mod leases;
mod log;
mod outbox;
mod pictures;
mod prune;
mod queue;
mod register;
mod scene;
mod spawns;
mod statistics;
mod superseded;
mod usage;

/// A test for each rule; `$with` makes a store and hands it to the rule.
macro_rules! conformance {
    ($with:path) => {
        conformance! { $with;
            register {
                a_new_task_starts_at_its_creation
                a_known_task_keeps_its_creation
                answers_come_in_the_order_of_the_question
                the_same_schedule_keeps_its_cursor
                a_changed_schedule_restarts_where_its_rule_says
                once_stays_single_when_the_schedule_changes_and_returns
                at_stays_single_when_the_schedule_changes_and_returns
                a_task_that_is_left_out_becomes_inactive
                runs_of_an_inactive_task_wait_for_its_return
                a_running_run_of_an_inactive_task_may_end
                runs_that_are_not_over_are_counted
                an_amendment_leaves_what_it_does_not_name
                an_amendment_makes_what_it_names_new_changed_or_inactive
            }
            fires {
                a_fire_becomes_a_waiting_run
                a_fire_is_recorded_once
                a_fire_is_recorded_once_even_after_its_run_is_over
                another_trigger_or_task_makes_another_fire
                the_cursor_is_written_with_the_fires
                the_cursor_is_written_where_nothing_fires
                a_fire_is_skipped_while_a_run_waits
                a_fire_is_skipped_while_a_run_runs
                a_fire_is_skipped_while_a_run_waits_for_a_retry
                a_fire_is_admitted_when_the_last_run_is_over
                a_skipped_fire_is_a_run_that_is_over
                the_first_of_several_instants_runs
                an_instant_twice_in_one_batch_is_one_fire
                tasks_do_not_hold_each_other_up
                an_unknown_task_is_ignored
            }
            claim {
                the_longest_due_comes_first
                nothing_is_handed_out_before_it_is_due
                no_more_than_the_limit_is_handed_out
                a_limit_of_nothing_still_tells_when_to_come_back
                the_next_due_instant_is_that_of_what_is_left
                a_claimed_run_says_what_it_stands_for
                a_running_run_is_not_handed_out
                every_claim_adds_one_to_the_lease_number
                every_claim_counts_an_attempt
                a_key_is_one_runs_alone_and_all_its_attempts
                claims_at_once_share_no_run
            }
            effects {
                what_a_success_writes_is_there
                what_anything_but_a_success_writes_is_not
                what_depends_on_what_has_changed_is_tried_again
                only_what_was_read_has_to_stay
                who_only_reads_is_in_nobodys_way
                a_conflict_ends_a_run_that_is_to_end
                no_more_is_kept_than_may_be
                entries_come_in_order_and_in_pages
            }
            spawns {
                what_a_success_starts_waits_to_run
                what_anything_but_a_success_starts_is_not_made
                a_thousand_runs_of_one_instant_are_a_thousand_runs
                started_runs_follow_each_other
                a_task_may_start_itself
                what_is_started_later_waits_for_its_time
                a_key_has_one_run_whoever_starts_it
                more_than_may_wait_are_not_started
                what_is_known_by_its_key_takes_no_room
                nothing_is_started_of_a_task_that_is_gone
                what_is_started_of_a_paused_task_waits_for_it
                a_schedule_minds_what_was_started
            }
            chains {
                a_task_follows_its_parents_success
                a_retry_is_no_end
                each_way_to_end_has_its_followers
                a_join_waits_for_all_its_parents_in_a_tree
                a_join_is_off_where_a_parent_fails
                a_repetition_takes_the_place_of_what_it_repeats
                what_came_from_a_repeated_run_does_not_count
                what_was_started_is_waited_for_together
                what_a_parent_starts_of_itself_comes_first
                a_parents_output_is_handed_on
                what_can_not_be_handed_on_is_skipped_and_said
                what_follows_waits_for_its_task
                chains_are_those_of_the_tasks_as_they_are_now
            }
            keeping {
                buckets_come_by_name_and_in_pages
                the_state_of_a_task_that_is_gone_is_there
                an_entry_says_who_wrote_it_and_when
                what_an_operator_changes_has_to_be_as_it_was_seen
                an_operator_keeps_no_more_than_may_be
                nobody_keeps_anything_for_a_task_that_never_was
                who_has_read_what_an_operator_changes_is_tried_again
                what_was_cleared_is_gone_at_once_and_for_good
            }
            queue {
                a_held_run_waits_for_the_one_before_it
                a_run_that_is_tried_again_keeps_its_slot
                so_many_runs_go_on_at_once
                more_slots_let_more_begin
                a_new_run_takes_the_place_of_those_before_it
                what_fired_before_replaces_nothing
                the_highest_priority_comes_first
                the_next_run_has_a_priority_of_its_own
                a_clock_that_goes_back_keeps_nobody_waiting
                who_waits_for_a_length_of_time_is_set_back_with_the_clock
                an_instant_that_is_let_pass_is_a_skipped_run
            }
            asked {
                a_run_that_is_asked_for_has_what_it_is_given
                of_one_key_there_is_one_run
                two_that_are_asked_for_at_once_are_two
                what_would_be_skipped_is_refused
                a_waiting_run_is_cancelled_at_once
                a_running_run_that_is_cancelled_is_not_tried_again
                nothing_starts_while_all_is_paused
                nothing_of_a_paused_task_starts
                what_runs_when_a_task_is_paused_goes_on
                a_task_that_fails_too_often_is_put_aside
                a_run_that_waits_for_too_long_expires
                a_run_that_began_in_time_may_wait_for_its_retry
                the_end_of_a_held_ones_wait_is_the_next_ones_turn
            }
            backfill {
                instants_that_had_no_run_get_one
                no_more_go_on_at_once_than_may
                nothing_is_made_up_for_a_task_that_is_paused
            }
            prune {
                what_is_old_is_forgotten_whole
                what_is_not_over_is_kept
                the_last_run_of_each_task_is_kept
                of_too_many_the_oldest_are_forgotten
                of_too_much_the_oldest_is_forgotten
                a_number_is_not_given_again
            }
            leases {
                a_lease_is_over_at_its_end
                a_renewed_lease_lasts
                an_ended_run_has_no_lease_to_expire
                an_expired_lease_is_held_until_its_end_is_recorded
                leases_that_are_lost_are_reported
                renewing_a_lost_lease_changes_nothing
            }
            finish {
                a_success_keeps_its_output
                every_verdict_ends_a_run_in_the_state_of_its_name
                a_run_that_ends_as_skipped_keeps_its_reason
                a_retry_waits_for_its_time
                a_refunded_attempt_is_not_counted
                a_success_forgets_the_error_before_it
                the_first_start_stays_the_start
                what_is_over_stays_over
                a_follow_up_makes_one_run
                a_follow_up_that_has_fired_before_makes_none
            }
            checkpoints {
                the_next_attempt_finds_what_was_saved_last
                it_goes_with_the_runs_success_and_stays_with_its_failure
                a_success_that_is_none_after_all_leaves_it
                only_who_holds_the_lease_saves
                a_run_that_repeats_another_one_goes_on_where_it_stopped
                it_is_forgotten_with_its_run
            }
            superseded {
                a_second_end_is_discarded
                an_end_under_an_older_lease_is_discarded_whole
                an_end_of_a_waiting_run_is_discarded
                an_end_of_a_run_that_never_was_is_discarded
                of_two_ends_at_once_one_is_recorded
            }
            log {
                lines_come_back_as_they_were_written
                the_last_lines_follow_those_appended_before
                attempts_follow_each_other
                a_log_is_read_by_lease
                a_log_is_read_by_level
                a_log_is_read_in_pages
                a_log_is_read_from_its_end
                nothing_is_appended_without_the_lease
                a_log_is_its_runs_alone
            }
            history {
                nothing_is_known_of_an_empty_store
                runs_come_newest_first
                no_more_runs_than_the_limit
                runs_are_read_in_pages
                runs_are_filtered_by_task
                runs_are_filtered_by_state
                filters_add_up
                a_run_is_found_by_its_number
                attempts_come_oldest_first_with_the_running_one
                tasks_come_by_name_with_their_last_run
                tasks_are_found_in_pages
                tasks_are_found_by_how_they_stand
            }
            pictures {
                who_failed_last_comes_first
                what_counts_as_no_failure_is_not_shown_as_one
                marks_come_by_task_newest_first
                marks_say_what_the_last_attempt_used
            }
            statistics {
                runs_are_counted_by_how_and_when_they_ended
                every_way_to_end_is_counted_once
                what_was_forgotten_stays_counted
                what_ended_long_ago_is_counted_together
                what_waits_is_counted_by_what_for
                the_longest_due_is_found_whatever_its_priority
                a_tasks_last_runs_are_told_in_numbers
            }
            alerts {
                a_failure_is_told_once_and_so_is_its_end
                what_is_tried_again_or_cancelled_is_no_failure
                who_is_resumed_without_success_goes_on_failing
                a_skip_is_told_until_a_fire_is_admitted
                a_look_that_makes_a_run_has_skipped_nothing
                a_run_that_begins_late_is_told_until_one_does_not
                a_run_that_should_have_begun_is_told_while_it_waits
                what_waits_for_its_task_is_not_late
                a_run_that_expires_before_it_began_is_late
                a_run_that_expires_after_it_began_has_failed
                a_quarantine_is_told_until_it_is_lifted
                a_task_that_does_not_succeed_in_time_is_told_until_it_does
                a_deadman_counts_from_when_it_is_wanted
                what_is_wrong_with_a_task_stays_so_while_it_is_gone
                what_is_late_is_told_once_while_all_is_paused
                a_clock_that_was_ahead_holds_nothing_up
                a_result_that_is_discarded_tells_nothing
                a_long_reason_is_cut
            }
            outbox {
                an_alert_is_routed_once
                a_delivery_waits_for_its_time
                alerts_of_a_task_come_to_a_channel_in_their_order
                what_has_arrived_or_was_given_up_is_not_tried_again
                a_clock_that_was_ahead_keeps_no_delivery_waiting
                alerts_come_newest_first_in_pages
                what_goes_to_channels_that_are_gone_is_given_up
                what_a_run_brings_is_due_when_it_is_over
                a_run_that_brings_an_alert_is_kept_until_that_is_seen
                what_is_wrong_now_is_found
            }
            usage {
                an_attempt_keeps_what_it_used
                fuel_that_was_not_counted_is_none
                a_trap_keeps_its_frames
                an_attempt_keeps_its_times_and_its_node
            }
            extremes {
                the_largest_amounts_are_kept_as_well_as_can_be
                text_of_every_script_comes_back
                long_text_comes_back
                the_first_and_the_last_instant_come_back
                a_wait_for_ever_holds_nobody_up
                an_instant_before_1970_comes_back_to_the_microsecond
                a_run_due_before_1970_is_claimed
                many_runs_are_claimed_at_once
            }
        }
    };
    ($with:path; $($subject:ident { $($rule:ident)+ })+) => {
        $(mod $subject {
            $(#[tokio::test]
            async fn $rule() {
                $with(async |store| crate::$subject::$rule(store).await).await;
            })+
        })+
    };
}

mod sqlite_in_a_directory {
    use horarium_store::SqliteStore;

    async fn with(rule: impl AsyncFnOnce(&SqliteStore)) {
        let data = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(data.path()).unwrap();
        rule(&store).await;
        store.close().await;
    }

    conformance!(super::with);
}

mod sqlite_in_memory {
    use horarium_store::SqliteStore;

    async fn with(rule: impl AsyncFnOnce(&SqliteStore)) {
        rule(&SqliteStore::in_memory().unwrap()).await;
    }

    conformance!(super::with);
}
