#!/usr/bin/Rscript
# SPDX-License-Identifier: GPL-2.0-only
#
# Samples of fake operations, some of which are slower than others.
#
# tests/bench/fake.R BOOTS: a whole samples.json, of so many boots, in which each
# column but "equal" is slower than stock by what its name says in percent; and
# iommufd, which is no strategy, by 50.
#
# A boot has a speed of its own, and each sample in it noise, with an outlier now
# and then that is ten times as slow.

samples_per_boot <- 8

fake_samples <- function(boots, spread, slowdown = 1)
{
	boot <- rep(seq_len(boots), each = samples_per_boot)
	speed <- exp(rnorm(boots, sd = spread))
	noise <- exp(rnorm(length(boot), sd = spread))
	outlier <- ifelse(runif(length(boot)) < 0.02, 10, 1)
	data.frame(boot = boot, value = 1000 * slowdown * speed[boot] * noise * outlier)
}

slowdowns <- c("stock" = 1, "equal" = 1, "slower-2" = 1.02, "slower-10" = 1.1, "slower-50" = 1.5,
	       "iommufd" = 1.5)
operations <- list(list("null", "none", 0), list("fake", "bar", 2^12),
		   list("map-cold", "bar", 2^12), list("map-cold", "bar", 2^21),
		   list("map-cold", "bar", 2^32), list("suspend", "runs", 1),
		   list("suspend", "runs", 1000), list("unmap", "threads", 1),
		   list("unmap", "threads", 16))

fake_series <- function(column)
	lapply(operations, function(operation)
		list(op = operation[[1]], memory = operation[[2]], size = operation[[3]],
		     ticks = round(fake_samples(1, 0.005, slowdowns[[column]])$value * 1000)))

fake_file <- function(boots)
{
	columns <- names(slowdowns)
	runs <- list()
	for (boot in seq_len(boots))
		for (column in sample(columns))
			runs[[length(runs) + 1]] <- list(boot = boot, round = 1, column = column,
				result = list(ticks_per_us = 1000000, series = fake_series(column)))
	processes <- lapply(runs, function(run)
		list(boot = run$boot, round = 1, column = run$column, size = 2^28, seconds = 0.01 * runif(5, 0.9, 1.1)))
	list(environment = list(kernel = "6.12.0-fake", config = "0", compiler = "gcc 0",
				iommu = "fake", domain = "Translated", qemu = "QEMU version 0.0",
				accel = "tcg", cpu = "fake", commit = "fake", exact = FALSE, load = 0.5, cpus = 2,
				boots = boots, rounds = 1, seed = 1, columns = columns),
	     runs = runs, processes = processes, cost = setNames(list(), character()))
}

if (sys.nframe() == 0) {
	set.seed(1)
	boots <- as.integer(commandArgs(trailingOnly = TRUE)[1])
	cat(jsonlite::toJSON(fake_file(boots), auto_unbox = TRUE, digits = NA), "\n")
}
