;; Fails with words that clear the screen and begin a new line.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "\01\00\00\00\40\00\00\00\17\00\00\00")
    (data (i32.const 64) "\1b[2J\0d\0afailed\e2\80\aesucceeded")
    (func (export "run") (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "run") (result (result (error string)))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
