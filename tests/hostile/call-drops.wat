;; Returns 9,000 resources, each of which takes its time to be dropped.
(component
  (core module $destructor
    (func (export "drop") (param i32) (local $n i32)
      (loop
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $n) (i32.const 1_000_000))))))
  (core instance $d (instantiate $destructor))
  (type $thing' (resource (rep i32) (dtor (core func $d "drop"))))
  (export $thing "thing" (type $thing'))
  (core func $new (canon resource.new $thing'))
  (core module $m
    (import "host" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 16) "\00\04\00\00\28\23\00\00")
    (func (export "run") (result i32) (local $n i32)
      (loop
        (i32.store
          (i32.add (i32.const 1024) (i32.mul (local.get $n) (i32.const 4)))
          (call $new (local.get $n)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $n) (i32.const 9000))))
      (i32.const 16)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "new" (func $new))))))
  (func (export "run") (result (list (own $thing)))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
