# What there is to do. Each target is a line or two that can be typed by hand.

GO ?= go
FUZZTIME ?= 30s
BENCH ?= .

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./stemetop, one static binary
	CGO_ENABLED=0 $(GO) build -o stemetop ./cmd/stemetop

.PHONY: demo
demo: build ## the live monitor on an embedded cluster
	./stemetop demo

.PHONY: install
install: ## install stemetop into GOBIN
	$(GO) install ./cmd/stemetop

.PHONY: test
test: ## all tests, with the race detector; installs what they need
	.ci/deps.sh
	$(GO) test -race -timeout 15m $$($(GO) list ./... | grep -v /cmd/stemetop$$)
	$(GO) test -race -timeout 15m ./cmd/stemetop

.PHONY: bench
bench: ## all benchmarks, or those of BENCH=regexp
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: bench-process
bench-process: ## what the whole program costs, from outside
	$(GO) test ./cmd/stemetop -run '^$$' -bench 'Process|Day' -benchtime 1x -timeout 30m

.PHONY: lint
lint: ## formatting and linters
	@tools=$$(.ci/tools.sh) && $$tools/gofumpt -l . && $(GO) vet ./... && $$tools/staticcheck ./... && $$tools/golangci-lint run ./...

.PHONY: docs
docs: ## the tables in the README, from the code
	$(GO) test ./cmd/stemetop -run '^TestReadme$$' -update

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME
	@set -e; $(GO) list ./... | while read -r package; do \
		$(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' | while read -r target; do \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10s "$$package"; \
		done; \
	done

.PHONY: score
score: ## how often the verdict is right, over 320 incidents of the embedded cluster
	$(GO) test ./cmd/stemetop -run '^$$' -bench '^BenchmarkScore$$' -benchtime 1x -timeout 30m

.PHONY: soak
soak: ## an hour of the demo in a minute, with flat memory
	STEMETOP_SOAK=1h $(GO) test ./cmd/stemetop -run '^TestSoak$$' -v -timeout 15m

.PHONY: ci
ci: ## all that is checked before a merge
	.ci/run
