//! What answers come to: satisfaction, recommendation, effort, weighted indices, and how sure they are.
//!
//! An answer that was not given counts nowhere, neither does one beside its scale; without any answer there is no
//! score, which is not the score 0. Nothing is rounded here.

/// From the lowest to the highest answer that can be given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The lowest answer.
    pub lowest: f64,
    /// The highest answer.
    pub highest: f64,
}

impl Scale {
    /// Five steps, the usual scale of satisfaction.
    pub const FIVE: Self = Self {
        lowest: 1.0,
        highest: 5.0,
    };
    /// From 0 to 10, the scale of recommendation.
    pub const RECOMMENDATION: Self = Self {
        lowest: 0.0,
        highest: 10.0,
    };
    /// Seven steps, the scale of effort.
    pub const SEVEN: Self = Self {
        lowest: 1.0,
        highest: 7.0,
    };

    /// From which answer on a customer is satisfied, where that is agreed: the upper two of five, the upper of two or
    /// three (Zendesk counts good against bad; Formbricks and Nicereply count 4 and 5 of 5). Other scales are a choice.
    pub fn satisfied_from(self) -> Option<f64> {
        match (self.lowest, self.highest) {
            (1.0, 2.0) => Some(2.0),
            (1.0, 3.0) => Some(3.0),
            (1.0, 5.0) => Some(4.0),
            _ => None,
        }
    }

    /// Whether an answer lies on the scale.
    pub fn has(self, answer: f64) -> bool {
        (self.lowest..=self.highest).contains(&answer)
    }

    fn answers(self, answers: impl IntoIterator<Item = f64>) -> Vec<f64> {
        answers
            .into_iter()
            .filter(|answer| self.has(*answer))
            .collect()
    }

    /// An answer from 0 to 100, the lowest being 0.
    fn index(self, answer: f64) -> f64 {
        100.0 * (answer - self.lowest) / (self.highest - self.lowest)
    }

    /// An answer in percent of the highest.
    fn share(self, answer: f64) -> f64 {
        100.0 * answer / self.highest
    }
}

/// From where to where a value lies, at some confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// How many standard errors lie on either side at a confidence, such as 1.9600 at 0.95: the quantile of the normal
/// distribution at (1 + confidence) / 2. NaN outside 0 to 1.
pub fn standard_errors(confidence: f64) -> f64 {
    if !(0.0..1.0).contains(&confidence) {
        return f64::NAN;
    }
    // Newton's method from the middle: the distribution bends down from there, so that no step goes too far.
    let mut z = 0.0f64;
    for _ in 0..100 {
        let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
        // The probability of less than z standard errors, as a series: z + z^3/3 + z^5/(3*5) + ..., times the density.
        let (mut term, mut sum, mut odd) = (z, z, 1.0);
        while term > sum * f64::EPSILON / 4.0 {
            odd += 2.0;
            term *= z * z / odd;
            sum += term;
        }
        let step = (confidence / 2.0 - sum * density) / density;
        z += step;
        if step.abs() < 1e-15 * z.max(1.0) {
            break;
        }
    }
    z
}

/// Between which shares, in percent, the share of all customers lies when `count` of `n` answered so (Wilson 1927):
/// centre (p + z²/2n) / (1 + z²/n), half width z √(p(1-p)/n + z²/4n²) / (1 + z²/n). None when `n` is 0.
pub fn wilson(count: u64, n: u64, confidence: f64) -> Option<Interval> {
    if n == 0 || count > n {
        return None;
    }
    let z = standard_errors(confidence);
    let (p, n) = (count as f64 / n as f64, n as f64);
    let all = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / all;
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / all;
    Some(Interval {
        low: (100.0 * (centre - half)).max(0.0),
        high: (100.0 * (centre + half)).min(100.0),
    })
}

/// Satisfaction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Satisfaction {
    /// How many answered.
    pub n: u64,
    /// How many of them are satisfied.
    pub satisfied: u64,
    /// The satisfied in percent of those who answered (CSAT, top boxes).
    pub percent: f64,
    /// The mean answer.
    pub mean: f64,
    /// The mean answer from 0 to 100, the lowest being 0.
    pub index: f64,
    /// The mean answer in percent of the highest; not the same as `index`.
    pub share_of_max: f64,
}

/// Satisfaction from answers, those from `satisfied_from` on being satisfied. None without answers.
pub fn satisfaction(
    answers: impl IntoIterator<Item = f64>,
    scale: Scale,
    satisfied_from: f64,
) -> Option<Satisfaction> {
    let answers = scale.answers(answers);
    let mean = mean(&answers)?;
    let satisfied = answers
        .iter()
        .filter(|answer| **answer >= satisfied_from)
        .count();
    Some(Satisfaction {
        n: answers.len() as u64,
        satisfied: satisfied as u64,
        percent: percent(satisfied, answers.len()),
        mean,
        index: scale.index(mean),
        share_of_max: scale.share(mean),
    })
}

/// Recommendation (net promoter score).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recommendation {
    /// How many answered.
    pub n: u64,
    /// 9 and 10.
    pub promoters: u64,
    /// 7 and 8.
    pub passives: u64,
    /// 0 to 6.
    pub detractors: u64,
    /// Promoters less detractors in percent of all, -100 to 100 (Reichheld 2003).
    pub score: f64,
    /// The standard error in points: 100 √((p + d - (p - d)²) / n), the answers being +1, 0 and -1.
    pub standard_error: f64,
}

impl Recommendation {
    /// Between which scores that of all customers lies, within -100 and 100.
    pub fn interval(&self, confidence: f64) -> Interval {
        let half = standard_errors(confidence) * self.standard_error;
        Interval {
            low: (self.score - half).max(-100.0),
            high: (self.score + half).min(100.0),
        }
    }
}

/// Recommendation from answers from 0 to 10. None without answers.
pub fn recommendation(answers: impl IntoIterator<Item = f64>) -> Option<Recommendation> {
    let answers = Scale::RECOMMENDATION.answers(answers);
    if answers.is_empty() {
        return None;
    }
    let promoters = answers.iter().filter(|answer| **answer >= 9.0).count();
    let detractors = answers.iter().filter(|answer| **answer < 7.0).count();
    let n = answers.len() as f64;
    let (p, d) = (promoters as f64 / n, detractors as f64 / n);
    let variance = (p + d - (p - d) * (p - d)).max(0.0);
    Some(Recommendation {
        n: answers.len() as u64,
        promoters: promoters as u64,
        passives: (answers.len() - promoters - detractors) as u64,
        detractors: detractors as u64,
        score: 100.0 * (promoters as f64 - detractors as f64) / n,
        standard_error: 100.0 * (variance / n).sqrt(),
    })
}

/// Effort: how far customers agree that it was made easy for them (CES 2.0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// How many answered.
    pub n: u64,
    /// How many agree: 5, 6 or 7.
    pub agree: u64,
    /// Those in percent of all who answered (Gartner's statement on seven steps).
    pub percent: f64,
    /// The mean answer.
    pub mean: f64,
    /// 6 and 7 less 1 to 3 in percent of all, -100 to 100.
    pub index: f64,
}

/// Effort from answers from 1 to 7. None without answers.
pub fn effort(answers: impl IntoIterator<Item = f64>) -> Option<Effort> {
    let answers = Scale::SEVEN.answers(answers);
    let mean = mean(&answers)?;
    let count = |among: fn(f64) -> bool| answers.iter().filter(|answer| among(**answer)).count();
    let agree = count(|answer| answer >= 5.0);
    let (easy, hard) = (count(|answer| answer >= 6.0), count(|answer| answer <= 3.0));
    Some(Effort {
        n: answers.len() as u64,
        agree: agree as u64,
        percent: percent(agree, answers.len()),
        mean,
        index: 100.0 * (easy as f64 - hard as f64) / answers.len() as f64,
    })
}

/// One response over several dimensions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    /// The sum of the weights of what was answered; less than that of all when something was not.
    pub answered_weight: f64,
    /// The weighted mean answer.
    pub mean: f64,
    /// The weighted mean from 0 to 100, the lowest being 0 (the form of the ACSI).
    pub index: f64,
    /// The weighted mean in percent of the highest.
    pub share_of_max: f64,
}

/// A response from pairs of weight and answer. Weights count in proportion over what was answered. None when nothing
/// with a weight was.
pub fn weighted(
    dimensions: impl IntoIterator<Item = (f64, Option<f64>)>,
    scale: Scale,
) -> Option<Weighted> {
    let (mut weights, mut sum) = (0.0, 0.0);
    for (weight, answer) in dimensions {
        if let Some(answer) = answer.filter(|answer| scale.has(*answer) && weight > 0.0) {
            weights += weight;
            sum += weight * answer;
        }
    }
    (weights > 0.0).then(|| {
        let mean = sum / weights;
        Weighted {
            answered_weight: weights,
            mean,
            index: scale.index(mean),
            share_of_max: scale.share(mean),
        }
    })
}

/// How many answers are needed so that a share near `p` is known to within `margin`: n0 = z² p(1-p) / margin², and
/// n0 / (1 + (n0 - 1) / N) of a population of N (Cochran's correction). Rounded up; none when a figure makes no sense.
pub fn sample_size(margin: f64, confidence: f64, p: f64, population: Option<f64>) -> Option<u64> {
    let z = standard_errors(confidence);
    let endless = z * z * p * (1.0 - p) / (margin * margin);
    let n = match population {
        Some(population) if population < 1.0 => 0.0,
        Some(population) => endless / (1.0 + (endless - 1.0) / population),
        None => endless,
    };
    // What is whole but for the last digits is not rounded up.
    let n = (n - 1e-9).ceil();
    (margin > 0.0 && (0.0..=1.0).contains(&p) && n.is_finite()).then_some(n.max(0.0) as u64)
}

/// What was promised, in percent of satisfied customers or points of an index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The value to reach.
    pub value: f64,
    /// How many answers are needed before it is judged.
    pub minimum: u64,
}

/// How a value stands to what was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Too few answers to judge.
    TooFew,
    /// Below.
    Missed,
    /// Reached, though chance may have helped.
    Met,
    /// Reached, and so is the lower bound of the interval.
    MetSurely,
}

impl Target {
    /// Judges a value from `n` answers with the lower bound of its interval, where there is one.
    pub fn judge(self, value: f64, n: u64, lower: Option<f64>) -> Standing {
        if n < self.minimum || n == 0 {
            Standing::TooFew
        } else if value < self.value {
            Standing::Missed
        } else if lower.is_some_and(|lower| lower >= self.value) {
            Standing::MetSurely
        } else {
            Standing::Met
        }
    }
}

fn mean(answers: &[f64]) -> Option<f64> {
    (!answers.is_empty()).then(|| answers.iter().sum::<f64>() / answers.len() as f64)
}

fn percent(count: usize, n: usize) -> f64 {
    100.0 * count as f64 / n as f64
}
