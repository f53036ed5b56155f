//! Moving averages of all hotkeys' scores, kept up to date row by row.
//!
//! A score that leaves the window takes with it what it was still worth to the average. As soon as that is less than the
//! average's last bit nothing has to be done; before, the average is told anew from the beginning of the window.

use super::{Memory, Row};

/// What scores outside of a window may still be worth to its average before they are too much: well below what the last
/// bit of the average is worth.
const NEGLIGIBLE: f64 = 1.0 / (1_u64 << 60) as f64;

/// A moving average of every slot's scores.
#[derive(Debug)]
pub(super) struct Average {
    alpha: f64,
    window: u64,
    /// The newest row that is in it.
    entered: u64,
    /// The newest row that has left the window.
    left: u64,
    /// By slot.
    courses: Vec<Course>,
}

/// The average of one slot since it was last told from the beginning of the window.
#[derive(Debug, Clone, Copy, Default)]
struct Course {
    value: f64,
    /// The largest score in it.
    largest: f64,
    /// How many scores of the window.
    inside: u32,
    /// Whether there are scores in it that have left the window.
    outlived: bool,
}

impl Course {
    fn enter(&mut self, alpha: f64, score: f64) {
        self.value += alpha * (score - self.value);
        self.largest = self.largest.max(score);
        self.inside += 1;
    }
}

impl Average {
    pub(super) const fn new(alpha: f64, window: u64) -> Self {
        Self { alpha, window, entered: 0, left: 0, courses: Vec::new() }
    }

    pub(super) fn is(&self, alpha: f64, window: u64) -> bool {
        self.alpha.to_bits() == alpha.to_bits() && self.window == window
    }

    /// Lets a row go that is kept no longer. Says whether this average can do without it.
    pub(super) fn leave(&mut self, row: &Row) -> bool {
        if row.id > self.entered {
            return false;
        }
        if row.id > self.left {
            self.left = row.id;
            for entry in row.entries.iter().filter(|entry| !entry.score.is_nan()) {
                if let Some(course) = self.courses.get_mut(entry.slot as usize) {
                    course.inside = course.inside.saturating_sub(1);
                    course.outlived = true;
                }
            }
        }
        true
    }

    /// Its slot is another hotkey's from now on.
    pub(super) fn forget(&mut self, slot: usize) {
        if let Some(course) = self.courses.get_mut(slot) {
            *course = Course::default();
        }
    }

    /// Takes in what came since, and lets go what is no longer in the window.
    pub(super) fn update(&mut self, memory: &Memory) {
        self.courses.resize(memory.hotkeys.len(), Course::default());
        let first = memory.rows.front().map_or(memory.newest + 1, |row| row.id);
        let gone = memory.newest.saturating_sub(self.window);
        let before =
            |id: u64| usize::try_from(id.saturating_sub(first)).unwrap_or(usize::MAX).min(memory.rows.len());
        if self.entered == 0 {
            // Nothing was taken in that could leave.
            (self.entered, self.left) = (gone, gone);
        }
        for row in memory.rows.range(before(self.entered + 1)..) {
            for entry in row.entries.iter().filter(|entry| !entry.score.is_nan()) {
                if let Some(course) = self.courses.get_mut(entry.slot as usize) {
                    course.enter(self.alpha, entry.score);
                }
            }
        }
        self.entered = memory.newest;
        for row in memory.rows.range(before(self.left + 1)..before(gone + 1)) {
            self.leave(row);
        }
    }

    /// The average of every slot that has a score in the window.
    pub(super) fn values(&mut self, memory: &Memory) -> Vec<Option<f64>> {
        // Most slots have been scored as often as the one before.
        let mut faded = (0, 1.0);
        let alpha = self.alpha;
        let mut is_settled = |course: &Course| {
            if faded.0 != course.inside {
                faded = (course.inside, (1.0 - alpha).powf(f64::from(course.inside)));
            }
            !course.outlived || course.inside == 0 || faded.1 * course.largest <= course.value * NEGLIGIBLE
        };
        if !self.courses.iter().all(&mut is_settled) {
            let anew = self.told_anew(memory);
            for (course, told) in self.courses.iter_mut().zip(anew) {
                if !is_settled(course) {
                    *course = told;
                }
            }
        }
        self.courses.iter().map(|course| (course.inside > 0).then_some(course.value)).collect()
    }

    /// The courses over the window alone.
    fn told_anew(&self, memory: &Memory) -> Vec<Course> {
        let mut courses = vec![Course::default(); self.courses.len()];
        for row in memory.window(u32::try_from(self.window).unwrap_or(u32::MAX)) {
            for entry in row.entries.iter().filter(|entry| !entry.score.is_nan()) {
                if let Some(course) = courses.get_mut(entry.slot as usize) {
                    course.enter(self.alpha, entry.score);
                }
            }
        }
        courses
    }
}
