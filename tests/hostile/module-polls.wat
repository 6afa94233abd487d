;; Waits for 40 million things that are not in its memory.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $poll
      (i32.const 0) (i32.const 0) (i32.const 40_000_000) (i32.const 0)))
    (unreachable)))
