alter foreign table child no inherit base;
