;; Writes to its standard output for ever, 48 KiB at a time and never a line break.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\00\40\00\00\00\c0\00\00")
  (func (export "_start")
    (memory.fill (i32.const 0x4000) (i32.const 0x78) (i32.const 0xc000))
    (loop
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0)))
      (br 0))))
