//! What a validator remembers of a miner: by how much its forecasts were nearer than "the price stays".

/// What a forecast still counts when the next one is added: about the last hundred make up a record.
const KEPT: f64 = 0.99;
/// How many times its standard error an average has to be above 0 to be more than luck.
const ERRORS: f64 = 1.5;

/// A miner's wins and losses, in typical moves of the price.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record {
    forecasts: f64,
    won: f64,
    squares: f64,
}

impl Record {
    /// Adds what one forecast won; a loss is below 0.
    pub fn add(&mut self, won: f64) {
        self.forecasts = self.forecasts * KEPT + 1.0;
        self.won = self.won * KEPT + won;
        self.squares = self.squares * KEPT + won * won;
    }

    /// What a forecast of this miner surely wins on average, or 0.
    ///
    /// Losses count like wins, and only the average is cut off at 0. Whoever guesses wins as often as it loses; its wins
    /// alone would look like skill. A short record is unsure, so that registering anew never pays more than staying.
    pub fn skill(&self) -> f64 {
        if self.forecasts == 0.0 {
            return 0.0;
        }
        ((self.won - ERRORS * self.squares.sqrt()) / self.forecasts).max(0.0)
    }
}
