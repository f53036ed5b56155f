//! `Retry-After` in the head of an HTTP answer (RFC 9110, 10.2.3): seconds, or a date.
//!
//! The WebSocket library reads no header but those of WebSocket, so this reads the bytes of the answer itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What the answer asks to wait. A date is compared with the answer's own `Date` if it has one, so that a clock that is
/// wrong does no harm; else with `now`. One that has passed asks for nothing.
pub(crate) fn retry_after(answer: &[u8], now: SystemTime) -> Option<Duration> {
    let text = String::from_utf8_lossy(answer);
    let head = text.split("\r\n\r\n").next()?;
    let header = |wanted: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let value = header("retry-after")?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = date(value)?;
    let sent = header("date").and_then(date);
    let sent = sent.or_else(|| Some(now.duration_since(UNIX_EPOCH).ok()?.as_secs()))?;
    Some(Duration::from_secs(until.saturating_sub(sent)))
}

/// Seconds since 1970 of a date like `Sun, 06 Nov 1994 08:49:37 GMT`, the form that RFC 9110 (5.6.7) has senders use.
fn date(text: &str) -> Option<u64> {
    let mut words = text.split_ascii_whitespace().skip(1);
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = words.next()?;
    let month = u64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()? + 1;
    let year: u64 = words.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<u64>().ok().filter(|part| *part < 61));
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next() != Some("GMT") {
        return None;
    }
    // Days since 1970 in the proleptic Gregorian calendar, with years that begin in March.
    let (year, shifted) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year;
    let days = days.checked_sub(719_468)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &str) -> Option<Duration> {
        let answer = format!("HTTP/1.1 429 Too Many Requests\r\n{headers}\r\n\r\nretry-after: 1\r\n");
        // 2026-09-01 00:00:00
        retry_after(answer.as_bytes(), UNIX_EPOCH + Duration::from_secs(1_788_220_800))
    }

    #[test]
    fn seconds_and_dates() {
        let seconds = Duration::from_secs;
        assert_eq!(asked("Retry-After: 120"), Some(seconds(120)));
        assert_eq!(asked("retry-AFTER:7"), Some(seconds(7)));
        assert_eq!(asked("Retry-After: Tue, 01 Sep 2026 00:02:03 GMT"), Some(seconds(123)));
        assert_eq!(asked("Retry-After: Mon, 31 Aug 2026 23:59:59 GMT"), Some(seconds(0)), "passed");
        let by_its_own_clock =
            "Date: Thu, 29 Feb 2024 23:59:50 GMT\r\nRetry-After: Fri, 01 Mar 2024 00:00:05 GMT";
        assert_eq!(asked(by_its_own_clock), Some(seconds(15)));
    }

    #[test]
    fn what_cannot_be_read_asks_for_nothing() {
        for headers in [
            "",
            "Retry-After: soon",
            "Retry-After: -1",
            "Retry-After: Tue, 01 Foo 2026 00:02:03 GMT",
            "Retry-After: Tue, 01 Sep 2026 00:02 GMT",
            "Retry-After: Tue, 01 Sep 2026 00:02:03 CET",
            "Server: x",
        ] {
            assert_eq!(asked(headers), None, "{headers}");
        }
        assert_eq!(retry_after(b"\xff\xfe\x00", UNIX_EPOCH), None);
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
    }
}
