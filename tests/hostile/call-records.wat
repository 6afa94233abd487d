;; Returns as many records as may be copied, which are more than an output may have.
(component
  (core module $m
    (memory (export "memory") 4)
    ;; 42,000 of them, from 1024 on.
    (data (i32.const 16) "\00\04\00\00\10\a4\00\00")
    (func (export "run") (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (type $record (record (field "a" u8) (field "b" u8) (field "c" u8) (field "d" u8)))
  (export $r "r" (type $record))
  (func (export "run") (result (list $r))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
