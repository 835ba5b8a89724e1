create or replace trusted language mylang handler my_call_handler;
