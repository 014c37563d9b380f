/** 1 in the debug build, 0 in the release build; asconfig.json sets it. */
declare const DEBUG: i32;
