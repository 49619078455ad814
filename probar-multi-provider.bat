@echo off
chcp 65001 >nul
rem Prueba la conexión con cada IA; doble clic para abrirla. La ventana queda abierta al terminar.
cd /d "%~dp0"

set "NEW_ENOUGH=import sys; sys.exit(sys.version_info < (3, 11))"
set "PYTHON=py -3"
%PYTHON% -c "%NEW_ENOUGH%" >nul 2>nul && goto run
set "PYTHON=python"
%PYTHON% -c "%NEW_ENOUGH%" >nul 2>nul && goto run

echo Falta Python 3.11 o posterior. Descárgalo de https://www.python.org/downloads/ y, al instalarlo, marca "Add python.exe to PATH".
set "RESULT=2"
goto end

:run
%PYTHON% scripts\test_multi_provider.py %*
set "RESULT=%ERRORLEVEL%"

:end
echo.
pause
exit /b %RESULT%
