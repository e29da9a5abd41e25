//! Each point at which a worker can crash, told as a story, and what must come of it.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_replay::script;
use stormglass_scenarios::workflow::dentist::{Appointment, Slot};
use stormglass_scenarios::workflow::{Dentist, Flow, LoyaltyServer, dentist, loyalty_server};
use stormglass_simulator::{Script, World};
use stormglass_workflow::{Request, Worker, site};

use loyalty_server::Ask;

const WORKER: NodeId = NodeId(0);
const TILL: NodeId = NodeId(1);

type Shop<'s> = Script<'s, Flow<LoyaltyServer>>;

fn redeem() -> Request<Ask> {
    Request::new(Ask::RedeemPoints { user: 1, order: 7, points: 30 })
}

/// A shop with a user who has a hundred points.
fn opened(scenario: &Flow<LoyaltyServer>) -> Shop<'_> {
    let mut shop = script(scenario, 2);
    shop.ask(WORKER, Request::new(Ask::CreateAccount { user: 1 }));
    shop.run_until(|world| commits(world) == 1);
    shop.ask(WORKER, Request::new(Ask::AddPoints { user: 1, points: 100 }));
    shop.run_until(|world| commits(world) == 2 && !world.is_held(WORKER));
    shop
}

fn worker<'w>(world: &'w World<'_, Flow<LoyaltyServer>>) -> &'w Worker<LoyaltyServer> {
    world.machine(WORKER).as_worker().expect("the first node works")
}

fn commits(world: &World<'_, Flow<LoyaltyServer>>) -> u64 {
    if world.is_up(WORKER) { worker(world).number() } else { 0 }
}

fn points(world: &World<'_, Flow<LoyaltyServer>>) -> u32 {
    worker(world).committed().points[&1]
}

fn is_settled(world: &World<'_, Flow<LoyaltyServer>>) -> bool {
    let is_quiet = |worker: &Worker<LoyaltyServer>| {
        worker.committed().pending.is_empty() && worker.outstanding().iter().len() == 0
    };
    world.is_up(WORKER) && commits(world) > 2 && is_quiet(worker(world))
}

/// How often the till has given the discount of the first redemption.
fn given(world: &World<'_, Flow<LoyaltyServer>>) -> u32 {
    let ledger = world.machine(TILL).as_system().expect("the second node is the till").ledger();
    ledger.get(&1).map_or(0, |discount| discount.times)
}

/// In the end the points are gone and the discount was given, once.
fn redeemed(mut shop: Shop<'_>) {
    shop.run_until(is_settled);
    assert_eq!((points(&shop), given(&shop)), (70, 1));
    shop.finish();
}

/// In the end the points are back, and there was no discount.
fn given_back(mut shop: Shop<'_>) {
    shop.run_until(is_settled);
    assert_eq!((points(&shop), given(&shop)), (100, 0));
    shop.finish();
}

#[test]
fn p0_an_input_that_was_not_consumed_is_asked_for_again() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    // The input waits for the store to take it.
    shop.misbehave_next(WORKER, site::CONFLICT);
    shop.ask(WORKER, redeem());
    shop.run_until(|world| worker(world).stage().is_some());
    shop.crash(WORKER);
    shop.restart(WORKER);
    assert!(worker(&shop).committed().pending.is_empty());
    redeemed(shop);
}

#[test]
fn p1_a_transition_that_was_not_committed_gives_out_the_same_ids_again() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    shop.crash_after_effects(WORKER, 0);
    shop.ask(WORKER, redeem());
    shop.run_until(|world| !world.is_up(WORKER));
    shop.restart(WORKER);
    assert_eq!((commits(&shop), points(&shop)), (2, 100));
    shop.run_until(|world| commits(world) == 3);
    assert_eq!(worker(&shop).committed().pending.keys().collect::<Vec<_>>(), [&1]);
    redeemed(shop);
}

#[test]
fn p2_a_commit_under_way_is_made_or_not() {
    for (lost, expected) in [(1, 2), (0, 3)] {
        let scenario = Flow::new(None);
        let mut shop = opened(&scenario);
        shop.ask(WORKER, redeem());
        shop.run_until(|world| world.is_held(WORKER));
        shop.crash_losing(WORKER, lost);
        shop.restart(WORKER);
        assert_eq!(commits(&shop), expected);
        match lost {
            1 => redeemed(shop),
            // It is made, and the till was not told.
            _ => given_back(shop),
        }
    }
}

#[test]
fn p3_a_commit_that_nobody_heard_of_is_not_made_twice() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    // The commit, its flush, two notices, the discount, a timer; and not the answer.
    shop.crash_after_effects(WORKER, 6);
    shop.ask(WORKER, redeem());
    shop.run_until(|world| !world.is_up(WORKER));
    shop.restart(WORKER);
    assert_eq!((commits(&shop), points(&shop)), (3, 70));
    redeemed(shop);
}

#[test]
fn p4_a_discount_that_was_not_sent_is_asked_about_and_refused_from_then_on() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    shop.crash_after_effects(WORKER, 2);
    shop.ask(WORKER, redeem());
    shop.run_until(|world| !world.is_up(WORKER));
    shop.restart(WORKER);
    assert_eq!(worker(&shop).outstanding().iter().len(), 1);
    given_back(shop);
}

#[test]
fn p5_a_discount_that_is_late_comes_to_a_till_that_refuses_it() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    shop.hold("ApplyDiscount", WORKER, TILL);
    shop.ask(WORKER, redeem());
    shop.run_until(is_settled);
    assert_eq!(points(&shop), 100);
    shop.release("ApplyDiscount", WORKER, TILL);
    given_back(shop);
}

#[test]
fn p6_a_discount_whose_answer_is_lost_is_not_given_again() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    shop.drop_next("DiscountApplied", TILL, WORKER);
    shop.ask(WORKER, redeem());
    shop.run_until(|world| given(world) == 1);
    shop.crash(WORKER);
    shop.restart(WORKER);
    redeemed(shop);
}

#[test]
fn p7_an_answer_that_was_not_committed_is_asked_for_again() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    shop.ask(WORKER, redeem());
    shop.run_until(|world| given(world) == 1);
    shop.crash_after_effects(WORKER, 0);
    shop.run_until(|world| !world.is_up(WORKER));
    shop.restart(WORKER);
    assert_eq!(worker(&shop).committed().pending.len(), 1);
    redeemed(shop);
}

#[test]
fn p8_what_follows_from_an_answer_is_asked_for_by_a_restart_and_nothing_else_is() {
    let scenario = Flow::<Dentist>::new(None);
    let mut practice = script(&scenario, 2);
    let (slot, kind) = (Slot { day: 0, at: 9 * 60 }, Appointment::Checkup);
    // Two want the same, and the answer to the first is late.
    practice.delay_next("Success", TILL, WORKER, Duration::from_millis(20));
    for user in [1, 2] {
        practice.ask(WORKER, Request::new(dentist::Ask::RequestSlot { user, slot, kind }));
    }
    let standing = |world: &World<'_, Flow<Dentist>>| {
        let worker = world.get(WORKER).and_then(|node| node.as_worker());
        worker.map(|worker| (worker.committed().bookings.len(), worker.outstanding().iter().len()))
    };
    practice.run_until(|world| standing(world) == Some((1, 1)) && !world.is_held(WORKER));
    // The commit of the late answer and its flush, and not the release.
    practice.crash_after_effects(WORKER, 2);
    practice.run_until(|world| !world.is_up(WORKER));
    practice.restart(WORKER);
    assert_eq!(standing(&practice), Some((1, 1)));
    practice.run_until(|world| standing(world) == Some((1, 0)));
    practice.finish();
}

#[test]
fn p9_a_restart_that_is_cut_short_is_made_again() {
    let scenario = Flow::new(None);
    let mut shop = opened(&scenario);
    shop.drop_next("DiscountApplied", TILL, WORKER);
    shop.ask(WORKER, redeem());
    shop.run_until(|world| given(world) == 1);
    for _ in 0..4 {
        shop.crash(WORKER);
        shop.restart(WORKER);
        assert_eq!(worker(&shop).outstanding().iter().len(), 1);
    }
    redeemed(shop);
}
