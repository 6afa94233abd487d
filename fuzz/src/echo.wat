;; Returns what it is given, whatever the type. Flattened, its parameter has more
;; than 16 parts, so it comes as a pointer, and a result of that type goes as one.
(component
  (core module $echo
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc")
      (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $start i32) (local $missing i32)
      (local.set $start
        (i32.and
          (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $start) (local.get $size)))
      (local.set $missing
        (i32.sub
          (i32.shr_u (i32.add (global.get $top) (i32.const 0xffff)) (i32.const 16))
          (memory.size)))
      (if (i32.gt_s (local.get $missing) (i32.const 0))
        (then
          (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then unreachable))))
      local.get $start)
    (func (export "echo") (param i32) (result i32)
      local.get 0))
  (core instance $i (instantiate $echo))

  (type $one-of' (enum "red" "dark-blue"))
  (export $one-of "one-of" (type $one-of'))
  (type $some-of' (flags "a" "b" "c"))
  (export $some-of "some-of" (type $some-of'))
  (type $either' (variant (case "nothing") (case "text" string) (case "pair" (tuple s8 u64))))
  (export $either "either" (type $either'))
  (type $numbers' (record
    (field "s8" s8) (field "u8" u8) (field "s16" s16) (field "u16" u16)
    (field "s32" s32) (field "u32" u32) (field "s64" s64) (field "u64" u64)
    (field "f32" float32) (field "f64" float64)))
  (export $numbers "numbers" (type $numbers'))
  (type $all' (record
    (field "flag" bool) (field "letter" char) (field "text" string)
    (field "numbers" (option $numbers))
    (field "one-of" (option $one-of)) (field "some-of" (option $some-of))
    (field "eithers" (list $either))
    (field "maybe" (option (option string)))
    (field "result" (option (result (list u8) (error string))))
    (field "bare" (option (result)))))
  (export $all "all" (type $all'))
  (func (export "echo") (param "it" $all) (result $all)
    (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
