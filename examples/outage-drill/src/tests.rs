//! A short drill from end to end. Only what holds on any machine, however busy, is asserted.

use crate::clients::Answer;
use crate::drill::{self, Phase, Plan};
use crate::{picture, report};
use overcurrent::{Reason, State};
use std::time::Duration;

fn short() -> Plan {
    let ms = Duration::from_millis;
    Plan {
        phases: vec![
            (Phase::Healthy, ms(400)),
            (Phase::Slow, ms(400)),
            (Phase::Failing, ms(300)),
            (Phase::Dead, ms(900)),
            (Phase::Recovering, ms(200)),
            (Phase::Healthy, ms(300)),
        ],
        rate: 100,
        rushes: vec![ms(2_000)..ms(2_100)],
        timeout: ms(300),
    }
}

#[test]
fn both_get_the_same_load_and_the_table_adds_up() {
    let plan = short();
    let mut lines = Vec::new();
    let record = drill::run(&plan, |line| lines.push(line)).unwrap();
    assert!(!lines.is_empty());

    let arrivals = plan.arrivals();
    for side in [&record.bare, &record.protected] {
        let mut due: Vec<_> = side.calls.iter().map(|call| call.due).collect();
        due.sort_unstable();
        assert_eq!(due, arrivals, "every arrival is offered, once");
        assert!(side.calls.iter().all(|call| call.due <= call.started && call.started <= call.ended));

        let total = side.total();
        assert_eq!(total.offered(), arrivals.len());
        assert_eq!(total.sent() + total.refused, arrivals.len());
        assert!(side.received as usize <= total.sent(), "the server saw no call that was not sent");
        let parts = plan.spans().map(|(_, from, to)| side.counts(from, to).offered());
        assert_eq!(parts.sum::<usize>(), arrivals.len(), "the phases' calls are all calls");
    }

    let refused = |answer: &Answer| matches!(answer, Answer::Refused(_));
    assert!(!record.bare.calls.iter().any(|call| refused(&call.answer)), "nothing refuses a bare call");
    let (bare, protected) = (record.bare.sent_while_dead(&plan), record.protected.sent_while_dead(&plan));
    // Twelve slots and calls of 300 ms: at most 48 fit into 900 ms, whatever the breaker does. On a machine too busy to
    // offer more than that in time there is nothing to compare.
    if bare > 50 {
        assert!(protected < bare, "{protected} calls to a dead server, bare {bare}");
        assert!(record.protected.calls.iter().any(|call| refused(&call.answer)));
    }

    assert_eq!(record.states.first(), Some(&(Duration::ZERO, State::Closed)));
    assert!(record.states.is_sorted_by_key(|(at, _)| *at));
    if record.protected.calls.iter().any(|call| call.answer == Answer::Refused(Reason::BreakerOpen)) {
        assert!(record.states.iter().any(|(_, state)| *state == State::Open), "the journal tells what callers felt");
    }

    let table = report::table(&plan, &record);
    let cells = |row: &str| -> Vec<usize> {
        let line = table.lines().find(|line| line.trim_start().starts_with(row)).unwrap();
        line.split_whitespace().rev().take(2).map(|cell| cell.parse().unwrap()).collect()
    };
    let (offered, sent, refusals) = (cells("calls offered"), cells("calls sent"), cells("refused at once"));
    let (well, failed) = (cells("answered well"), cells("failures seen"));
    let gates = ["by the breaker, open", "by the breaker, trials", "by the bulkhead", "by the limiter"].map(cells);
    for side in 0..2 {
        assert_eq!(well[side] + failed[side] + refusals[side], offered[side]);
        assert_eq!(well[side] + failed[side], sent[side]);
        assert_eq!(gates.iter().map(|row| row[side]).sum::<usize>(), refusals[side]);
    }

    let picture = picture::draw(&plan, &record);
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    assert!(picture.len() < 60_000 && !picture.contains("NaN"));
}

#[test]
fn the_schedule_has_no_gaps() {
    let plan = Plan::standard();
    let mut end = Duration::ZERO;
    for (phase, from, to) in plan.spans() {
        assert_eq!(from, end);
        assert_eq!(plan.phase(from).0, phase);
        end = to;
    }
    assert_eq!(end, plan.length());
    assert_eq!(plan.phase(end + Duration::from_secs(1)).0, Phase::Healthy);
    assert_eq!(plan.arrivals(), plan.arrivals());
}

#[test]
fn percentiles() {
    let mut values: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
    assert_eq!(report::percentile(&mut values, 50), Some(Duration::from_millis(50)));
    assert_eq!(report::percentile(&mut values, 99), Some(Duration::from_millis(99)));
    assert_eq!(report::percentile(&mut [], 99), None);
}
