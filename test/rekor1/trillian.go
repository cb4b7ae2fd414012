package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	"github.com/google/trillian/log"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/server/interceptor"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"google.golang.org/grpc"
)

// integrate is how often new entries are put into the tree. Rekor answers only
// then, so it is most of the time that an entry takes.
const integrate = 20 * time.Millisecond

// startTrillian serves a Trillian log server and runs its sequencer, until the
// process ends. It returns where.
func startTrillian() (*net.TCPAddr, error) {
	trees := memory.NewTreeStorage()
	registry := extension.Registry{
		AdminStorage: memory.NewAdminStorage(trees), LogStorage: memory.NewLogStorage(trees, nil), QuotaManager: quota.Noop(),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for trillian: %w", err)
	}
	s := grpc.NewServer(grpc.UnaryInterceptor(interceptor.ErrorWrapper))
	trillian.RegisterTrillianAdminServer(s, admin.New(registry, nil))
	trillian.RegisterTrillianLogServer(s, server.NewTrillianLogRPCServer(registry, clock.System))
	go func() { _ = s.Serve(listener) }()

	sequencer := log.NewOperationManager(log.OperationInfo{
		Registry: registry, BatchSize: 100, NumWorkers: 1, RunInterval: integrate, TimeSource: clock.System,
	}, log.NewSequencerManager(registry, 0))
	go sequencer.OperationLoop(context.Background())
	return listener.Addr().(*net.TCPAddr), nil
}
