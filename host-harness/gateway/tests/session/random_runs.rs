//! Random runs of a session: gateways are killed at any moment, requests of the contact center are repeated, and the
//! platform answers at any time, by several ways at once. Each request of one turn must get the same response, and each
//! late answer must be delivered once, unless a gateway was killed while it delivered it.

use super::{ANSWER_MS, NOW, ask, request, rules, says, turn, turn_without_id};
use fastrand::Rng;
use handover_gateway::mailbox::{CallbackOutcome, Channel, DeliveryOutcome};
use handover_gateway::session::{Session, SessionTask, TurnState, Way};
use handover_host::contract::{BotAnswer, Delivery, Timestamp, Turn};
use std::collections::{BTreeMap, BTreeSet};

/// The turns of a run.
const TURNS: u32 = 12;

#[derive(Default)]
struct Observed {
    /// The responses to the requests of each turn.
    responses: BTreeMap<u32, Vec<BotAnswer>>,
    /// The late answers that arrived.
    arrived: Vec<String>,
    /// How often a gateway was killed while it delivered a late answer.
    interrupted: BTreeMap<String, usize>,
    /// The answers whose late delivery was reported to the platform.
    accepted_late: BTreeSet<String>,
}

#[test]
fn each_turn_has_one_answer_despite_interruptions() {
    let mut late = 0;
    for seed in 0..400 {
        late += play(seed, seed % 2 == 0);
    }
    // The runs must exercise late answers.
    assert!(late > 400, "only {late} late answers");
}

fn play(seed: u64, permits_late: bool) -> usize {
    let mut rng = Rng::with_seed(seed);
    // A record, as a store keeps it.
    let mut record = serde_json::to_string(&Session::new("id".to_owned(), "s-1".to_owned(), NOW)).expect("JSON");
    let (mut now, mut observed) = (NOW, Observed::default());
    for number in 1..=TURNS {
        let text = format!("m-{number}");
        let turn = if permits_late { turn(&text) } else { turn_without_id(&text) };
        let asked_at = now;
        for _ in 0..rng.u32(4..12) {
            now += rng.u64(0..2_500);
            change(&mut record, |session| step(session, &turn, number, now, &mut rng, &mut observed));
        }
        // A request waits until the deadline, whatever happened before.
        now = now.max(asked_at + ANSWER_MS + 1);
        change(&mut record, |session| respond(session, &turn, number, now, &mut observed));
        if ended(&record) {
            break;
        }
    }
    // A day later, everything is delivered.
    for _ in 0..100 {
        now += 60_000;
        change(&mut record, |session| deliver(session, now, None, &mut observed));
    }
    for (number, responses) in &observed.responses {
        assert!(responses.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}: turn {number} has two answers");
    }
    for answer in &observed.accepted_late {
        let times = observed.arrived.iter().filter(|arrived| *arrived == answer).count();
        let kills = observed.interrupted.get(answer).copied().unwrap_or(0);
        assert!((1..=kills + 1).contains(&times), "seed {seed}: {answer} arrived {times} times after {kills} kills");
    }
    assert!(observed.arrived.iter().all(|arrived| observed.accepted_late.contains(arrived)), "seed {seed}");
    observed.accepted_late.len()
}

fn change(record: &mut String, change: impl FnOnce(&mut Session)) {
    let mut session: Session = serde_json::from_str(record).expect("a session");
    change(&mut session);
    *record = serde_json::to_string(&session).expect("JSON");
}

fn ended(record: &str) -> bool {
    serde_json::from_str::<Session>(record).expect("a session").end().is_some()
}

fn step(session: &mut Session, turn: &Turn, number: u32, now: Timestamp, rng: &mut Rng, observed: &mut Observed) {
    if session.end().is_some() && session.turn(number).is_none() {
        // A worker ended the time of an earlier turn, with an answer that hands over.
        return;
    }
    match rng.u32(0..6) {
        // A request of the contact center, the first or a repeated one. Its gateway may be killed before it responds.
        0 | 1 => {
            if session.turn(number).is_none_or(|turn| matches!(turn.state, TurnState::Asked))
                || turn.message_id.is_some()
            {
                assert_eq!(ask(session, turn, now), number);
                if rng.bool() {
                    respond(session, turn, number, now, observed);
                }
            }
        }
        2 | 3 => platform_answers(session, rng.u32(1..=number), now, rng, observed),
        4 => deliver(session, now, Some(rng), observed),
        _ => {
            session.published(u64::MAX, &rules());
            if let Some(SessionTask::CallBack { event, .. }) =
                session.lease(Channel::Callback, gateway(rng), now, &rules())
                && rng.bool()
            {
                session.called_back(event.number, CallbackOutcome::Accepted, 0.5, now, &rules());
            }
        }
    }
}

fn gateway(rng: &mut Rng) -> &'static str {
    if rng.bool() { "one" } else { "two" }
}

/// The contact center's request gets a response, if there is one by now.
fn respond(session: &mut Session, turn: &Turn, number: u32, now: Timestamp, observed: &mut Observed) {
    if session.turn(number).is_none() && session.end().is_none() {
        ask(session, turn, now);
    }
    let Some(deadline) = session.turn(number).map(|turn| turn.deadline) else { return };
    if now >= deadline {
        session.run_out(number, now, &rules());
    }
    if let Some(response) = session.turn(number).and_then(|turn| turn.response()) {
        observed.responses.entry(number).or_default().push(response);
    }
}

fn platform_answers(session: &mut Session, number: u32, now: Timestamp, rng: &mut Rng, observed: &mut Observed) {
    let text = format!("answer {} to turn {number}", rng.u32(0..3));
    match session.way(number, &says(&text), now) {
        Ok(Way::Response) => session.answer(number, says(&text), now, &rules()).expect("room"),
        Ok(Way::LateAnswer) => {
            session.answer_late(number, &says(&text), request(&text), now, &rules()).expect("room");
            observed.accepted_late.insert(text);
        }
        Err(_) => {}
    }
}

/// A gateway delivers a late answer. With `rng`, it may be killed before or after the answer arrives.
fn deliver(session: &mut Session, now: Timestamp, rng: Option<&mut Rng>, observed: &mut Observed) {
    let mut rng = rng;
    let by = rng.as_mut().map_or("last", |rng| gateway(rng));
    session.published(u64::MAX, &rules());
    let Some(SessionTask::Deliver { number, request, .. }) = session.lease(Channel::Outbound, by, now, &rules()) else {
        return;
    };
    let text = String::from_utf8(request.body).expect("text");
    let (is_killed, arrives) = rng.map_or((false, true), |rng| (rng.u32(0..3) == 0, rng.bool()));
    if !is_killed || arrives {
        observed.arrived.push(text.clone());
    }
    if is_killed {
        *observed.interrupted.entry(text).or_default() += 1;
    } else {
        session.delivered(number, &DeliveryOutcome::Delivered(Delivery::default()), 0.5, now, &rules());
    }
}
