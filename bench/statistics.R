#!/usr/bin/Rscript
# SPDX-License-Identifier: GPL-2.0-only
#
# bench/statistics.R SAMPLES: from samples.json to what is known of each column
# and of each pair of columns, as JSON; results.schema.json says how it looks.
#
# What is counted is boots, as two samples of one boot are alike in much that
# another boot would change: the page frames that were free, the layout of the
# kernel, the host's mood. A column's value in a boot is the median of its
# samples there; no sample is left out. Of these values come
#   - the estimate: their median,
#   - its interval: two of the ordered values between which the true median lies
#     with a confidence of at least 95 %, however it is distributed,
#   - the significance of a difference: the rank test of Mann and Whitney.
# With fewer than six boots not even the lowest and the highest value are far
# enough apart for that: then there is neither interval nor significance.

confidence <- 0.95
fewest_boots <- 6

interval <- function(values)
{
	count <- length(values)
	if (count < fewest_boots)
		return(c(NA, NA))

	rank <- qbinom((1 - confidence) / 2, count, 0.5)
	sort(values)[c(rank, count + 1 - rank)]
}

# The probability that columns which are equal differ at least as much as these
# do: exact, or if values are tied, by the normal approximation.
p_value <- function(a, b)
{
	if (min(length(a), length(b)) < fewest_boots)
		return(NA)

	p <- suppressWarnings(wilcox.test(a, b)$p.value)
	if (is.nan(p)) 1 else p	# all of them are tied
}

difference <- function(a, b)
{
	p <- p_value(a, b)
	list(ratio = median(a) / median(b), p = p, significant = p < 1 - confidence)
}

summary_of <- function(samples)
{
	boots <- as.vector(tapply(samples$value, samples$boot, median))
	limits <- interval(boots)
	tail <- quantile(samples$value, c(0.9, 0.99), names = FALSE)
	list(samples = nrow(samples), boots = boots, median = median(boots),
	     low = limits[1], high = limits[2], p90 = tail[1], p99 = tail[2],
	     min = min(samples$value), max = max(samples$value))
}

# Every pair of columns, the later one against the earlier one.
differences <- function(columns)
{
	pairs <- list()
	for (against in names(columns))
		for (column in names(columns))
			if (match(against, names(columns)) < match(column, names(columns)))
				pairs[[length(pairs) + 1]] <-
					c(list(column = column, against = against),
					  difference(columns[[column]]$boots,
						     columns[[against]]$boots))
	pairs
}

# One row a sample: in nanoseconds, or in instructions where these were counted.
flatten <- function(runs)
{
	rows <- lapply(runs, function(run) {
		scale <- if (is.null(run$result$ticks_per_us)) 1
			 else 1000 / run$result$ticks_per_us
		do.call(rbind, lapply(run$result$series, function(series)
			data.frame(op = series$op, memory = series$memory,
				   size = series$size, column = run$column,
				   boot = run$boot, value = series$ticks * scale)))
	})
	do.call(rbind, rows)
}

# Whole processes are one more operation, on what bench/measure calls $whole.
flatten_processes <- function(processes)
{
	do.call(rbind, lapply(processes, function(process)
		data.frame(op = "process", memory = "bar", size = process$size,
			   column = process$column, boot = process$boot,
			   value = process$seconds * 1e9)))
}

# Stock comes first: it is what the others are compared with.
ordered_columns <- function(columns)
	c(intersect("stock", columns), setdiff(columns, "stock"))

series_of <- function(samples, columns)
{
	samples$key <- paste(samples$op, samples$memory, format(samples$size, width = 16))
	lapply(split(samples, samples$key), function(part) {
		by_column <- split(part, part$column)
		by_column <- by_column[intersect(ordered_columns(columns), names(by_column))]
		summaries <- lapply(by_column, summary_of)
		list(op = part$op[1], memory = part$memory[1], size = part$size[1],
		     columns = summaries, differences = differences(summaries))
	})
}

results_of <- function(data)
{
	environment <- data$environment
	samples <- rbind(flatten(data$runs), flatten_processes(data$processes))
	list(format = 1, environment = environment,
	     unit = if (environment$exact) "instructions" else "ns",
	     confidence = confidence, fewest_boots = fewest_boots,
	     series = unname(series_of(samples, environment$columns)))
}

# A list of one boot is to be printed as a list.
keep_arrays <- function(series)
{
	series$columns <- lapply(series$columns, function(column) {
		column$boots <- I(column$boots)
		column
	})
	series
}

main <- function(path)
{
	data <- jsonlite::fromJSON(path, simplifyDataFrame = FALSE, simplifyMatrix = FALSE)
	data$environment$columns <- I(data$environment$columns)
	results <- results_of(data)
	results$series <- lapply(results$series, keep_arrays)
	cat(jsonlite::toJSON(results, auto_unbox = TRUE, digits = NA,
			     na = "null", null = "null"), "\n", sep = "")
}

# Sourced by tests, it only defines.
if (sys.nframe() == 0)
	main(commandArgs(trailingOnly = TRUE)[1])
