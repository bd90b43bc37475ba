DROP TABLE throttle;
DROP TABLE sign_ins;
DROP TABLE users;
