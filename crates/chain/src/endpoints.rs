//! Which endpoint is dialled next, and when: the order of fail-over and the pauses between attempts.

use crate::Settings;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often a delay is doubled at most; by then every limit is reached.
const MOST_DOUBLINGS: u32 = 24;

/// The endpoints of one chain in the order of preference. Takes time and chance as arguments.
#[derive(Debug)]
pub(crate) struct Endpoints {
    list: Vec<Endpoint>,
    /// The endpoint in use, or the one that is tried.
    current: usize,
    /// Failures of `current` since it became that.
    failed_here: u32,
    /// Whether any endpoint ever was in use. Until then each is tried once, without insisting.
    ever_used: bool,
    failures_per_endpoint: u32,
    redial: (Duration, Duration),
    refusal: (Duration, Duration),
}

#[derive(Debug)]
struct Endpoint {
    url: Arc<str>,
    failures: u32,
    refusals: u32,
    not_before: Instant,
    stranger: bool,
}

impl Endpoints {
    pub(crate) fn new(urls: &[String], settings: &Settings, now: Instant) -> Self {
        let endpoint = |url: &String| Endpoint {
            url: url.as_str().into(),
            failures: 0,
            refusals: 0,
            not_before: now,
            stranger: false,
        };
        Self {
            list: urls.iter().map(endpoint).collect(),
            current: 0,
            failed_here: 0,
            ever_used: false,
            failures_per_endpoint: settings.failures_per_endpoint.max(1),
            redial: (settings.first_redial_delay, settings.max_redial_delay),
            refusal: (settings.first_refusal_delay, settings.max_refusal_delay),
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.list.len()
    }

    /// Where to dial.
    pub(crate) fn url(&self, index: usize) -> Arc<str> {
        self.list.get(index).map_or_else(|| "".into(), |endpoint| endpoint.url.clone())
    }

    /// How it is called in logs and errors.
    pub(crate) fn name(&self, index: usize) -> Arc<str> {
        without_secrets(&self.url(index)).into()
    }

    /// The endpoint to dial next, and not before when. One that failed is dialled again until it failed as often as the
    /// setting says; after that, or after a refusal, the first in line that may be dialled at once is next, else the one
    /// that may be dialled soonest.
    pub(crate) fn next(&self, now: Instant) -> (usize, Instant) {
        let when = |index: usize| self.list.get(index).map_or(now, |endpoint| endpoint.not_before.max(now));
        if self.failed_here > 0 {
            return (self.current, when(self.current));
        }
        let in_line = (0..self.list.len()).map(|offset| (self.current + offset) % self.list.len());
        let soonest = in_line.min_by_key(|index| when(*index)).unwrap_or(self.current);
        (soonest, when(soonest))
    }

    /// Whether another endpoint than this one may be dialled now.
    pub(crate) fn has_alternative(&self, index: usize, now: Instant) -> bool {
        let mut others = self.list.iter().enumerate().filter(|(other, _)| *other != index);
        others.any(|(_, endpoint)| endpoint.not_before <= now)
    }

    /// It is the one in use.
    pub(crate) fn chosen(&mut self, index: usize) {
        if self.current != index {
            self.failed_here = 0;
        }
        self.current = index;
        self.ever_used = true;
        if let Some(endpoint) = self.list.get_mut(index) {
            endpoint.stranger = false;
        }
    }

    /// It brought a new block: whatever it did before is forgiven.
    pub(crate) fn useful(&mut self, index: usize) {
        if index == self.current {
            self.failed_here = 0;
        }
        if let Some(endpoint) = self.list.get_mut(index) {
            endpoint.failures = 0;
            endpoint.refusals = 0;
        }
    }

    /// It could not be dialled, or its connection broke. `chance` is in `0.0..1.0`: the pause is anything from nothing
    /// to the whole delay, so that the clients of a node that went down do not all come back at once.
    pub(crate) fn failed(&mut self, index: usize, now: Instant, chance: f64) {
        let redial = self.redial;
        if let Some(endpoint) = self.list.get_mut(index) {
            endpoint.stranger = false;
            endpoint.failures = endpoint.failures.saturating_add(1);
            endpoint.not_before = now + doubled(redial, endpoint.failures).mul_f64(chance.clamp(0.0, 1.0));
        }
        self.dial_from(index);
        self.failed_here += 1;
        if !self.ever_used || self.failed_here >= self.failures_per_endpoint {
            self.pass(index);
        }
    }

    /// It turned this program away. Waits what it asks for (at most the longest delay of the settings) and a bit, else
    /// at least half of a delay that doubles with each refusal in a row. Gives the pause.
    pub(crate) fn refused(
        &mut self,
        index: usize,
        now: Instant,
        asked: Option<Duration>,
        chance: f64,
    ) -> Duration {
        let (first, longest) = self.refusal;
        let chance = chance.clamp(0.0, 1.0);
        let mut pause = Duration::ZERO;
        if let Some(endpoint) = self.list.get_mut(index) {
            endpoint.refusals = endpoint.refusals.saturating_add(1);
            pause = match asked {
                Some(asked) => asked.min(longest) + first.mul_f64(chance / 2.0),
                None => doubled(self.refusal, endpoint.refusals).mul_f64((1.0 + chance) / 2.0),
            };
            endpoint.stranger = false;
            endpoint.not_before = now + pause;
        }
        self.pass(index);
        pause
    }

    /// It is of another chain. It may be put right, but is not looked at more often than the longest delay allows.
    pub(crate) fn strange(&mut self, index: usize, now: Instant) {
        let (_, longest) = self.redial;
        if let Some(endpoint) = self.list.get_mut(index) {
            endpoint.stranger = true;
            endpoint.not_before = now + longest;
        }
        self.pass(index);
    }

    /// Whether no endpoint is of the right chain.
    pub(crate) fn all_strange(&self) -> bool {
        self.list.iter().all(|endpoint| endpoint.stranger)
    }

    /// Leaves it: the next in line has its turn.
    pub(crate) fn pass(&mut self, index: usize) {
        self.current = (index + 1) % self.list.len().max(1);
        self.failed_here = 0;
    }

    fn dial_from(&mut self, index: usize) {
        if self.current != index {
            self.current = index;
            self.failed_here = 0;
        }
    }
}

fn doubled((first, longest): (Duration, Duration), times: u32) -> Duration {
    let doublings = times.saturating_sub(1).min(MOST_DOUBLINGS);
    first.saturating_mul(1 << doublings).min(longest)
}

/// Scheme, host and port of a URL. Providers put their keys into its path, its query or before the host.
pub(crate) fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let hidden = if matches!(path, "" | "/") { "" } else { "/..." };
    format!("{scheme}://{host}{hidden}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_endpoints_hold_no_keys() {
        for (url, name) in [
            ("ws://127.0.0.1:9944", "ws://127.0.0.1:9944"),
            ("wss://node.example:443/", "wss://node.example:443"),
            ("wss://node.example/v1/secret", "wss://node.example/..."),
            ("wss://node.example?key=secret", "wss://node.example/..."),
            ("wss://me:secret@node.example:443", "wss://node.example:443"),
            ("wss://[::1]:9944/#secret@x", "wss://[::1]:9944/..."),
        ] {
            assert_eq!(without_secrets(url), name);
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn endpoints(names: &[&str]) -> (Endpoints, Instant) {
        let settings = Settings {
            failures_per_endpoint: 3,
            first_redial_delay: SECOND,
            max_redial_delay: 8 * SECOND,
            first_refusal_delay: 10 * SECOND,
            max_refusal_delay: 60 * SECOND,
            ..Settings::default()
        };
        let now = Instant::now();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        (Endpoints::new(&names, &settings, now), now)
    }

    #[test]
    fn at_the_start_each_is_tried_once_without_waiting() {
        let (mut all, now) = endpoints(&["a", "b", "c"]);
        for expected in [0, 1, 2] {
            assert_eq!(all.next(now), (expected, now));
            all.failed(expected, now, 1.0);
        }
        let (_, when) = all.next(now);
        assert_eq!(when, now + SECOND, "after that it waits");
    }

    #[test]
    fn delays_double_up_to_the_longest_and_chance_takes_any_part_of_them() {
        let (mut all, now) = endpoints(&["a"]);
        for expected in [1, 2, 4, 8, 8, 8] {
            all.failed(0, now, 1.0);
            assert_eq!(all.next(now), (0, now + expected * SECOND));
        }
        all.failed(0, now, 0.25);
        assert_eq!(all.next(now).1, now + 2 * SECOND);
        all.failed(0, now, 0.0);
        assert_eq!(all.next(now).1, now);
        all.useful(0);
        all.failed(0, now, 1.0);
        assert_eq!(all.next(now).1, now + SECOND, "a block forgives what was before");
        for _ in 0..100 {
            all.failed(0, now, 1.0);
        }
        assert_eq!(all.next(now).1, now + 8 * SECOND);
    }

    #[test]
    fn the_next_one_has_its_turn_after_so_many_failures() {
        let (mut all, now) = endpoints(&["a", "b"]);
        all.chosen(0);
        all.useful(0);
        for _ in 0..2 {
            all.failed(0, now, 1.0);
            assert_eq!(all.next(now).0, 0);
        }
        all.failed(0, now, 1.0);
        assert_eq!(all.next(now), (1, now));
        for _ in 0..3 {
            assert_eq!(all.next(now).0, 1);
            all.failed(1, now, 1.0);
        }
        assert_eq!(all.next(now), (0, now + 4 * SECOND), "round and round");
    }

    #[test]
    fn a_refusal_waits_as_asked_and_another_is_dialled_meanwhile() {
        let (mut all, now) = endpoints(&["a", "b"]);
        all.chosen(0);
        assert!(all.has_alternative(0, now));
        assert_eq!(all.refused(0, now, Some(30 * SECOND), 0.0), 30 * SECOND);
        assert_eq!(all.next(now), (1, now));
        assert_eq!(all.refused(1, now, None, 0.0), 5 * SECOND);
        assert!(!all.has_alternative(1, now));
        assert_eq!(all.next(now), (1, now + 5 * SECOND), "the one that may be asked soonest");
        assert_eq!(all.refused(1, now, None, 1.0), 20 * SECOND);
        assert_eq!(all.refused(1, now, Some(9999 * SECOND), 0.0), 60 * SECOND, "at most the longest");
        assert!(all.refused(1, now, Some(30 * SECOND), 1.0) > 30 * SECOND);
    }

    #[test]
    fn one_of_another_chain_is_passed_over() {
        let (mut all, now) = endpoints(&["a", "b"]);
        all.strange(0, now);
        assert!(!all.all_strange());
        assert_eq!(all.next(now), (1, now));
        all.strange(1, now);
        assert!(all.all_strange());
        assert_eq!(all.next(now).1, now + 8 * SECOND);
        all.chosen(1);
        assert!(!all.all_strange());
    }
}
