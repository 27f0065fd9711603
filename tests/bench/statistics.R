#!/usr/bin/Rscript
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/bench/statistics.R TEST: sees that bench/statistics.R finds what it
# promises to find, and no more, in samples of fake operations, all seeded.
# Called by tests/bench/run. Exits with an error if not.

here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "..", "..", "bench", "statistics.R"))
source(file.path(here, "fake.R"))

# A column's estimates in so many simulated runs of the benchmark.
fake_columns <- function(count, ...)
	lapply(seq_len(count), function(i) summary_of(fake_samples(...)))

# How often a difference is found between columns of which one is so much slower.
found <- function(count, boots, spread, slowdown)
{
	fast <- fake_columns(count, boots, spread)
	slow <- fake_columns(count, boots, spread, slowdown)
	mean(mapply(function(a, b) difference(a$boots, b$boots)$significant, fast, slow))
}

expect <- function(holds, ...)
{
	cat(..., "\n")
	if (!isTRUE(holds))
		quit(status = 1)
}

expect_equal_columns <- function(boots, spread)
{
	equal <- 1 - found(10000, boots, spread, 1)
	expect(equal >= 0.94 && equal <= 1, "of equal columns,", boots, "boots, spread",
	       spread, "come out ~:", equal)
}

# How often a rank test must find it: that of a t test with as many boots as it
# makes good use of, 3 / pi of them. The spread is that of a boot's median.
promised <- function(boots, spread, slowdown)
{
	of_median <- spread * sqrt(1 + pi / 2 / samples_per_boot)
	power.t.test(n = boots * 3 / pi, delta = log(slowdown), sd = of_median)$power
}

expect_found_as_promised <- function(spread, slowdown)
{
	share <- found(1000, 10, spread, slowdown)
	promise <- promised(10, spread, slowdown)
	expect(abs(share - promise) < 0.06, "slower by", 100 * (slowdown - 1),
	       "%, spread", spread, "found:", share, "promised:", round(promise, 3))
}

tests <- list(
	equal_columns = function() {
		expect_equal_columns(10, 0.1)
		expect_equal_columns(6, 0.01)
	},

	# Counts and coarse clocks have many equal values.
	tied_columns = function() {
		equal <- replicate(10000, !difference(sample(5, 10, TRUE), sample(5, 10, TRUE))$significant)
		expect(mean(equal) >= 0.94, "of equal columns with ties come out ~:", mean(equal))
		expect(!difference(rep(7, 10), rep(7, 10))$significant, "columns of one value are equal")
	},

	slower_by_2_percent = function()
		for (spread in c(0.002, 0.01, 0.02, 0.1))
			expect_found_as_promised(spread, 1.02),
	slower_by_10_percent = function()
		for (spread in c(0.01, 0.1))
			expect_found_as_promised(spread, 1.1),
	slower_by_50_percent = function()
		for (spread in c(0.01, 0.1, 0.3))
			expect_found_as_promised(spread, 1.5),

	ratio_is_that_of_the_medians = function() {
		ratio <- difference(c(1, 2, 3, 4, 5, 60), c(2, 4, 6, 8, 10, 120))$ratio
		expect(ratio == 0.5, "ratio:", ratio)
	},

	interval_holds_the_median = function()
		for (boots in c(6, 10, 15)) {
			columns <- fake_columns(2000, boots, 0.1)
			held <- mean(sapply(columns, function(column)
				column$low <= 1000 && 1000 <= column$high))
			expect(held >= 0.94, "of", boots, "boots, intervals that hold it:", held)
		},

	fewer_than_six_boots_say_nothing = function() {
		column <- summary_of(fake_samples(5, 0.01))
		expect(is.na(column$low) && is.na(column$high), "no interval")
		expect(is.na(p_value(1:5, 101:105)), "no probability")
		expect(is.na(difference(1:5, 101:105)$significant), "no significance")
		expect(!is.na(difference(1:6, 101:106)$significant), "six have one")
	},

	no_sample_is_left_out = function() {
		samples <- fake_samples(10, 0.01)
		samples$value[17] <- 1e9
		column <- summary_of(samples)
		expect(column$max == 1e9, "max:", column$max)
		expect(column$samples == nrow(samples), "samples:", column$samples)
	}
)

set.seed(1)
tests[[commandArgs(trailingOnly = TRUE)[1]]]()
