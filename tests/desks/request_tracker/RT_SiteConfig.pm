# A Request Tracker that runs for minutes on this machine alone: `cargo xtask desks` says where and on which port.
Set($rtname,           'rt.test');
Set($Organization,     'rt.test');
Set($CorrespondAddress, 'rt@rt.test');
Set($CommentAddress,   'rt-comment@rt.test');
Set($WebDomain,        '127.0.0.1');
Set($WebPort,          $ENV{DESK_PORT});
Set($WebPath,          '');
Set($WebBaseURL,       "http://127.0.0.1:$ENV{DESK_PORT}");
Set($DatabaseType,     'SQLite');
Set($DatabaseName,     "$ENV{DESK_DATA}/rt.sqlite3");
Set($DatabaseHost,     '');
Set($DatabasePort,     '');
Set($DatabaseUser,     '');
Set($DatabasePassword, '');
# No mail leaves it.
Set($MailCommand,      'testfile');
Set($LogToSTDERR,      'warning');
Set($LogToSyslog,      undef);
Set($LogToFile,        undef);
Set($Timezone,         'UTC');
Set($WebSessionClass,  'Apache::Session::File');
1;
